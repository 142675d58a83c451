//! Applying plans: resuming, pausing, removing, thawing.
