//! What each command needs from Debian, and why; and what of that is missing.

/// What the machine is being made ready for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Building and running Lifeboat.
    Practice,
    /// That, and every test.
    Test,
}

/// One Debian package.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) name: &'static str,
    pub(crate) why: &'static str,
    needed_by: Purpose,
    sign: Sign,
}

/// How one can tell that what a package brings is there.
#[derive(Debug, PartialEq, Eq)]
enum Sign {
    /// dpkg says so.
    Installed,
    /// A program is on the PATH, wherever it came from.
    Program(&'static str),
}

use Purpose::{Practice, Test};
use Sign::{Installed, Program};

const fn package(name: &'static str, needed_by: Purpose, sign: Sign, why: &'static str) -> Package {
    Package { name, why, needed_by, sign }
}

const PACKAGES: &[Package] = &[
    package("build-essential", Practice, Program("cc"), "compiles SQLite and the TLS library, and links"),
    package("pkg-config", Practice, Program("pkg-config"), "finds the web view's libraries"),
    package("libwebkit2gtk-4.1-dev", Practice, Installed, "the web view that the window is drawn in"),
    package("librsvg2-common", Practice, Installed, "draws the icons of the window's file dialogs"),
    package(
        "mariadb-server",
        Practice,
        Program("mariadb-install-db"),
        "the databases behind the practice range's RDS",
    ),
    package(
        "mariadb-backup",
        Practice,
        Program("mariadb-backup"),
        "their snapshots, and restores to any moment",
    ),
    package("webkit2gtk-driver", Test, Program("WebKitWebDriver"), "lets tests click in the real window"),
    package("xvfb", Test, Program("Xvfb"), "a display for the window in tests"),
    package("dbus-daemon", Test, Program("dbus-daemon"), "a session bus of their own for tests"),
    package("gnome-keyring", Test, Program("gnome-keyring-daemon"), "a keychain of their own for tests"),
    package("fonts-dejavu-core", Test, Installed, "letters in screenshots, where no other font is"),
    package("chromium", Test, Program("chromium"), "runs the tests of the user interface alone"),
    package(
        "python3-venv",
        Test,
        Installed,
        "holds moto, an S3 by others, and S3 clients by others, which judge restores",
    ),
];

/// What this machine has.
pub(crate) trait Machine {
    fn has_package(&self, name: &str) -> bool;
    fn has_program(&self, name: &str) -> bool;
}

/// The packages needed for `purpose`.
pub(crate) fn packages(purpose: Purpose) -> impl Iterator<Item = &'static Package> {
    PACKAGES.iter().filter(move |package| purpose == Test || package.needed_by == Practice)
}

/// The packages needed for `purpose` that `machine` lacks.
pub(crate) fn missing(purpose: Purpose, machine: &impl Machine) -> Vec<&'static Package> {
    packages(purpose)
        .filter(|package| match package.sign {
            Installed => !machine.has_package(package.name),
            Program(program) => !machine.has_program(program),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fake {
        packages: &'static [&'static str],
        programs: &'static [&'static str],
    }

    impl Machine for Fake {
        fn has_package(&self, name: &str) -> bool {
            self.packages.contains(&name)
        }
        fn has_program(&self, name: &str) -> bool {
            self.programs.contains(&name)
        }
    }

    fn names(purpose: Purpose, machine: &Fake) -> Vec<&'static str> {
        missing(purpose, machine).iter().map(|package| package.name).collect()
    }

    #[test]
    fn a_bare_machine_needs_everything_and_practice_less_than_tests() {
        let bare = Fake { packages: &[], programs: &[] };
        let practice = [
            "build-essential",
            "pkg-config",
            "libwebkit2gtk-4.1-dev",
            "librsvg2-common",
            "mariadb-server",
            "mariadb-backup",
        ];
        assert_eq!(names(Practice, &bare), practice);
        let test = names(Test, &bare);
        assert_eq!(test[..practice.len()], practice);
        assert!(test.contains(&"xvfb") && test.contains(&"python3-venv"), "{test:?}");
    }

    #[test]
    fn only_what_is_missing_is_installed() {
        let some = Fake { packages: &["libwebkit2gtk-4.1-dev"], programs: &["cc"] };
        let missing = ["pkg-config", "librsvg2-common", "mariadb-server", "mariadb-backup"];
        assert_eq!(names(Practice, &some), missing);
    }

    #[test]
    fn a_program_from_elsewhere_will_do_but_a_library_must_be_debians() {
        let machine = Fake { packages: &["chromium"], programs: &["libwebkit2gtk-4.1-dev", "Xvfb"] };
        let missing = names(Test, &machine);
        assert!(missing.contains(&"chromium") && missing.contains(&"libwebkit2gtk-4.1-dev"), "{missing:?}");
        assert!(!missing.contains(&"xvfb"), "{missing:?}");
    }
}
