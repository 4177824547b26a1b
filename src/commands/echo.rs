//! What is typed while nothing is asked: it is not shown in the middle of a picture, and answers no later question.

#[cfg(unix)]
pub(super) use unix::{Quiet, asks, forget, give_back, take_again, was_answered};

#[cfg(unix)]
mod unix {
    use std::io::{self, IsTerminal};
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use nix::sys::termios::{FlushArg, LocalFlags, SetArg, Termios, tcflush, tcgetattr, tcsetattr};
    use nix::unistd::{getpgrp, tcgetpgrp};

    /// What is known of the keyboard's echo.
    struct Echo {
        /// So many wish for quiet.
        quiet: usize,
        /// Whether a question is open.
        asked: bool,
        /// The echo as it was found, where it has been turned off.
        found: Option<LocalFlags>,
    }

    static ECHO: Mutex<Echo> = Mutex::new(Echo {
        quiet: 0,
        asked: false,
        found: None,
    });

    /// Nothing that is typed is shown, until this is dropped, but for answers. Where input or output is no terminal, or is
    /// that of another program now, nothing changes.
    #[derive(Debug)]
    pub(crate) struct Quiet(());

    impl Quiet {
        pub(crate) fn begin() -> Self {
            let mut echo = echo();
            echo.quiet += 1;
            echo.settle();
            Self(())
        }
    }

    impl Drop for Quiet {
        fn drop(&mut self) {
            let mut echo = echo();
            echo.quiet -= 1;
            echo.settle();
        }
    }

    /// Forgets what was typed until now: it answers nothing that is asked later.
    pub(crate) fn forget() {
        if is_ours() {
            let _ = tcflush(io::stdin(), FlushArg::TCIFLUSH);
        }
    }

    /// Shows what is typed, from now on.
    pub(crate) fn asks() {
        let mut echo = echo();
        echo.asked = true;
        echo.settle();
    }

    /// The question has its answer.
    pub(crate) fn was_answered() {
        let mut echo = echo();
        echo.asked = false;
        echo.settle();
    }

    /// As it was found: somebody else uses the terminal next, or does so already. A shell that has set it up for itself
    /// is not disturbed. For the thread that a terminal of somebody else does not halt.
    pub(crate) fn give_back() {
        let mut echo = echo();
        if let Some(found) = echo.found.take()
            && let Ok(mut modes) = tcgetattr(io::stdin())
            && modes.local_flags & (LocalFlags::ICANON | LocalFlags::ECHO) == LocalFlags::ICANON
        {
            modes.local_flags.insert(found);
            set(&modes);
        }
    }

    /// Somebody else has used the terminal meanwhile.
    pub(crate) fn take_again() {
        let mut echo = echo();
        echo.found = None;
        echo.settle();
    }

    fn echo() -> MutexGuard<'static, Echo> {
        ECHO.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The modes of a terminal may be changed by whoever it belongs to at the moment: the system halts anybody else.
    fn is_ours() -> bool {
        let keyboard = io::stdin();
        keyboard.is_terminal() && tcgetpgrp(&keyboard) == Ok(getpgrp())
    }

    impl Echo {
        fn settle(&mut self) {
            if self.quiet > 0 && !self.asked {
                self.hide();
            } else {
                self.show();
            }
        }

        fn hide(&mut self) {
            let echoes = LocalFlags::ECHO | LocalFlags::ECHONL;
            if self.found.is_some() || !is_ours() {
                return;
            }
            let Ok(mut modes) = tcgetattr(io::stdin()) else {
                return;
            };
            let found = modes.local_flags & echoes;
            modes.local_flags.remove(echoes);
            if set(&modes) {
                self.found = Some(found);
            }
        }

        fn show(&mut self) {
            let Some(found) = self.found.take().filter(|_| is_ours()) else {
                return;
            };
            if let Ok(mut modes) = tcgetattr(io::stdin()) {
                modes.local_flags.insert(found);
                set(&modes);
            }
        }
    }

    fn set(modes: &Termios) -> bool {
        tcsetattr(io::stdin(), SetArg::TCSANOW, modes).is_ok()
    }
}

/// Elsewhere what is typed is shown, as it always is.
#[cfg(not(unix))]
mod elsewhere {
    #[derive(Debug)]
    pub(crate) struct Quiet(());

    impl Quiet {
        pub(crate) fn begin() -> Self {
            Self(())
        }
    }

    pub(crate) fn forget() {}

    pub(crate) fn asks() {}

    pub(crate) fn was_answered() {}
}

#[cfg(not(unix))]
pub(super) use elsewhere::{Quiet, asks, forget, was_answered};
