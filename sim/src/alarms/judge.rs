//! What an alarm makes of the values of its periods.

use serde::Deserialize;
use stowplan_engine::model::AlarmState;

/// `Statistic`: what becomes of the data points of a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Statistic {
    /// Their mean.
    #[default]
    Average,
    /// The least.
    Minimum,
    /// The greatest.
    Maximum,
    /// All of them together.
    Sum,
    /// How many there are.
    SampleCount,
}

/// `ComparisonOperator`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Comparison {
    /// `>=`
    GreaterThanOrEqualToThreshold,
    /// `>`
    GreaterThanThreshold,
    /// `<`
    LessThanThreshold,
    /// `<=`
    LessThanOrEqualToThreshold,
}

/// `TreatMissingData`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MissingData {
    /// It says nothing; when all of it is missing the data is insufficient.
    #[default]
    Missing,
    /// It is beyond the threshold.
    Breaching,
    /// It is not.
    NotBreaching,
    /// The state stays as it is where it could matter.
    Ignore,
}

/// When an alarm goes off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// What becomes of the data points of a period.
    pub statistic: Statistic,
    /// How values compare to the threshold.
    pub comparison: Comparison,
    /// The threshold.
    pub threshold: f64,
    /// Periods that are looked at, from 1.
    pub evaluation_periods: u32,
    /// How many of them must be beyond the threshold, from 1.
    pub datapoints_to_alarm: u32,
    /// What a period without a value is taken for.
    pub missing: MissingData,
}

impl Statistic {
    /// The value of a period; none without a data point.
    pub fn of(self, points: &[f64]) -> Option<f64> {
        let count = points.len() as f64;
        let values = points.iter().copied();
        match self {
            Self::Average => (!points.is_empty()).then(|| values.sum::<f64>() / count),
            Self::Minimum => values.reduce(f64::min),
            Self::Maximum => values.reduce(f64::max),
            Self::Sum => (!points.is_empty()).then(|| values.sum()),
            Self::SampleCount => (!points.is_empty()).then_some(count),
        }
    }
}

impl Comparison {
    fn is_beyond(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::GreaterThanOrEqualToThreshold => value >= threshold,
            Self::GreaterThanThreshold => value > threshold,
            Self::LessThanThreshold => value < threshold,
            Self::LessThanOrEqualToThreshold => value <= threshold,
        }
    }
}

impl Rule {
    /// The state that the values of the last periods call for; none: it stays. Periods before the
    /// run began say nothing: nothing is left over from before (scenario format, "Time 0").
    pub fn judge(&self, periods: &[Option<f64>]) -> Option<AlarmState> {
        let is_beyond = |value: &f64| self.comparison.is_beyond(*value, self.threshold);
        let beyond = periods.iter().flatten().filter(|value| is_beyond(value)).count();
        let missing = periods.iter().filter(|value| value.is_none()).count();
        let needed = self.datapoints_to_alarm as usize;
        let alarm_if = |enough: bool| Some(if enough { AlarmState::Alarm } else { AlarmState::Ok });
        match self.missing {
            MissingData::Missing if missing == periods.len() => Some(AlarmState::InsufficientData),
            MissingData::Missing | MissingData::NotBreaching => alarm_if(beyond >= needed),
            MissingData::Breaching => alarm_if(beyond + missing >= needed),
            MissingData::Ignore if beyond >= needed => Some(AlarmState::Alarm),
            MissingData::Ignore if beyond + missing >= needed || missing == periods.len() => None,
            MissingData::Ignore => Some(AlarmState::Ok),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule = Rule {
        statistic: Statistic::Average,
        comparison: Comparison::GreaterThanThreshold,
        threshold: 1.0,
        evaluation_periods: 3,
        datapoints_to_alarm: 2,
        missing: MissingData::Missing,
    };

    fn judged(missing: MissingData, periods: &str) -> &'static str {
        let value = |c: char| match c {
            'x' => Some(2.0),
            '.' => Some(1.0),
            _ => None,
        };
        let periods: Vec<Option<f64>> = periods.chars().map(value).collect();
        Rule { missing, ..RULE }.judge(&periods).map_or("stays", |state| state.as_str())
    }

    #[test]
    fn two_of_three_periods_beyond_the_threshold_are_enough() {
        for (periods, state) in
            [("x", "OK"), ("x.", "OK"), ("xx", "ALARM"), ("x.x", "ALARM"), ("..x", "OK")]
        {
            assert_eq!(judged(MissingData::Missing, periods), state, "{periods}");
        }
    }

    #[test]
    fn missing_data_is_taken_for_what_the_alarm_says() {
        let all = [
            MissingData::Missing,
            MissingData::NotBreaching,
            MissingData::Breaching,
            MissingData::Ignore,
        ];
        for (periods, states) in [
            ("---", ["INSUFFICIENT_DATA", "OK", "ALARM", "stays"]),
            ("-", ["INSUFFICIENT_DATA", "OK", "OK", "stays"]),
            ("x--", ["OK", "OK", "ALARM", "stays"]),
            (".-.", ["OK", "OK", "OK", "OK"]),
            ("x-x", ["ALARM", "ALARM", "ALARM", "ALARM"]),
        ] {
            assert_eq!(all.map(|missing| judged(missing, periods)), states, "{periods}");
        }
    }

    #[test]
    fn the_threshold_itself_is_beyond_only_where_the_operator_says_so() {
        for (comparison, beyond) in [
            (Comparison::GreaterThanOrEqualToThreshold, [false, true, true]),
            (Comparison::GreaterThanThreshold, [false, false, true]),
            (Comparison::LessThanThreshold, [true, false, false]),
            (Comparison::LessThanOrEqualToThreshold, [true, true, false]),
        ] {
            let seen = [0.5, 1.0, 1.5].map(|value| comparison.is_beyond(value, 1.0));
            assert_eq!(seen, beyond, "{comparison:?}");
        }
    }

    #[test]
    fn statistics_of_a_period() {
        let of = |statistic: Statistic| statistic.of(&[1.0, 2.0, 6.0]);
        assert_eq!(of(Statistic::Average), Some(3.0));
        assert_eq!(of(Statistic::Minimum), Some(1.0));
        assert_eq!(of(Statistic::Maximum), Some(6.0));
        assert_eq!(of(Statistic::Sum), Some(9.0));
        assert_eq!(of(Statistic::SampleCount), Some(3.0));
        assert_eq!(Statistic::Sum.of(&[]), None);
    }
}
