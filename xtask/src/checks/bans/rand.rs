pub fn random<T: Default>() -> T {
    T::default()
}
