//! Shares of traffic and of a desired count, exact to a thousandth of a percent (03 section 0).

/// A share, in thousandths of a percent: 100,000 is all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Share(pub u32);

impl Share {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// All of it.
    pub const ALL: Self = Self(100_000);

    /// Reads a decimal percentage such as `33.3`; none with more than three decimals, or beyond
    /// what a share can hold.
    pub fn parse(percent: &str) -> Option<Self> {
        let (whole, fraction) = percent.split_once('.').unwrap_or((percent, ""));
        let fraction = fraction.trim_end_matches('0');
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || fraction.len() > 3 || !digits(whole) || !digits(fraction) {
            return None;
        }
        let whole: u32 = whole.parse().ok()?;
        let fraction: u32 = format!("{fraction:0<3}").parse().ok()?;
        whole.checked_mul(1000)?.checked_add(fraction).map(Self)
    }

    /// What is left of everything.
    #[must_use]
    pub fn rest(self) -> Self {
        Self(Self::ALL.0.saturating_sub(self.0))
    }

    /// `ceil(count * share)`: how the scale of a task set rounds (03 section 22).
    pub fn of_ceil(self, count: u32) -> u32 {
        let exact = u64::from(count) * u64::from(self.0);
        u32::try_from(exact.div_ceil(u64::from(Self::ALL.0))).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        assert_eq!(Share::parse("33.3"), Some(Share(33_300)));
        assert_eq!(Share::parse("0.1"), Some(Share(100)));
        assert_eq!(Share::parse("100"), Some(Share::ALL));
        assert_eq!(Share::parse("3.05"), Some(Share(3050)));
        for unreadable in ["", ".5", "1.2345", "-1", "1e2", "x", "4294968"] {
            assert_eq!(Share::parse(unreadable), None, "{unreadable}");
        }
    }

    /// 03 section 22: the scale of a task set rounds up, exactly.
    #[test]
    fn w115_the_scale_of_a_task_set_rounds_up() {
        assert_eq!(Share(10_000).of_ceil(12), 2);
        assert_eq!(Share(33_300).of_ceil(10), 4);
        assert_eq!(Share(100).of_ceil(10), 1);
        assert_eq!(Share::NONE.of_ceil(10), 0);
        assert_eq!(Share::ALL.of_ceil(0), 0);
        assert_eq!(Share(50_000).of_ceil(5), 3);
    }
}
