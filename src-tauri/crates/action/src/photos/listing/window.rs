//! How many pages may be asked for together: more with every answer, half as many when they came too fast.

/// Doubles with every round until the storage first complains, and grows by one a round from then on.
pub(super) struct Window {
    size: f64,
    most: f64,
    complained: bool,
    epoch: u64,
}

impl Window {
    pub(super) fn new(most: usize) -> Self {
        Self { size: 1.0, most: most as f64, complained: false, epoch: 0 }
    }

    pub(super) fn size(&self) -> usize {
        self.size as usize
    }

    /// What a request has to remember, to say by which window it was sent.
    pub(super) fn epoch(&self) -> u64 {
        self.epoch
    }

    pub(super) fn grow(&mut self) {
        let by = if self.complained { 1.0 / self.size } else { 1.0 };
        self.size = (self.size + by).min(self.most);
    }

    /// After a complaint about a request of that epoch; `false` when requests were sent one by one already. Those
    /// that were sent together complain together, and count once.
    pub(super) fn shrink(&mut self, epoch: u64) -> bool {
        if epoch != self.epoch {
            return true;
        }
        if self.size < 2.0 {
            return false;
        }
        self.size /= 2.0;
        self.complained = true;
        self.epoch += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_grows_fast_until_it_is_too_fast() {
        let mut window = Window::new(32);
        assert_eq!(window.size(), 1);
        (0..15).for_each(|_| window.grow());
        assert_eq!(window.size(), 16);
        let epoch = window.epoch();
        assert!(window.shrink(epoch) && window.shrink(epoch) && window.shrink(epoch));
        assert_eq!(window.size(), 8, "complaints of one round count once");
        (0..9).for_each(|_| window.grow());
        assert_eq!(window.size(), 9);
        (0..1000).for_each(|_| window.grow());
        assert_eq!(window.size(), 32);
        for _ in 0..5 {
            assert!(window.shrink(window.epoch()));
        }
        assert_eq!(window.size(), 1);
        assert!(!window.shrink(window.epoch()));
    }
}
