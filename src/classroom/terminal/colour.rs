//! What each role looks like on a screen that is light, dark, or without colour.

use ratatui_core::style::{Color, Modifier, Style};

use crate::classroom::Theme;
use crate::page::Role;

impl Theme {
    /// The fixed part of the 256 colours: the first sixteen are whatever a terminal makes of them.
    fn colour(self, role: Role) -> u8 {
        let (light, dark) = match role {
            Role::Plain | Role::Strong | Role::Emphasis | Role::Link => (16, 255),
            Role::Name => (25, 117),
            Role::Dim | Role::Address => (240, 248),
            Role::Waiting => (94, 221),
            Role::Alarm => (160, 210),
            Role::Cancelled | Role::Keyword => (90, 183),
            Role::Literal => (22, 120),
            Role::Special => (26, 111),
        };
        match self {
            Self::Light => light,
            Self::Dark => dark,
        }
    }

    fn ground(self) -> u8 {
        match self {
            Self::Light => 231,
            Self::Dark => 16,
        }
    }

    /// `color` is whether there may be any: without it there is bold, dim and reversed.
    pub(super) fn style(self, role: Role, color: bool) -> Style {
        let style = if color {
            Style::new()
                .fg(Color::Indexed(self.colour(role)))
                .bg(Color::Indexed(self.ground()))
        } else {
            Style::new()
        };
        match role {
            Role::Name | Role::Strong | Role::Alarm => style.add_modifier(Modifier::BOLD),
            Role::Emphasis => style.add_modifier(Modifier::ITALIC),
            Role::Link => style.add_modifier(Modifier::UNDERLINED),
            Role::Dim | Role::Address if !color => style.add_modifier(Modifier::DIM),
            _ => style,
        }
    }
}

/// The sixteen colours that a terminal's own theme defines, on its own ground: for who sits before it.
pub(super) fn own(role: Role, color: bool) -> Style {
    let style = Style::new();
    let dim = matches!(role, Role::Dim | Role::Address);
    if dim || !color {
        let quiet = if dim {
            Modifier::DIM
        } else {
            Modifier::empty()
        };
        return style.add_modifier(quiet);
    }
    let (ink, modifier) = match role {
        Role::Name | Role::Strong => (6, Modifier::BOLD),
        Role::Waiting => (3, Modifier::empty()),
        Role::Alarm => (1, Modifier::BOLD),
        Role::Cancelled => (5, Modifier::BOLD),
        Role::Keyword => (5, Modifier::empty()),
        Role::Literal => (2, Modifier::empty()),
        Role::Special | Role::Emphasis => (4, Modifier::empty()),
        Role::Plain | Role::Link | Role::Dim | Role::Address => return style,
    };
    style.fg(Color::Indexed(ink)).add_modifier(modifier)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The colour cube and the greys as every terminal of 256 colours has them.
    fn luminance(index: u8) -> f64 {
        let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
        let rgb = match index {
            232.. => [8 + 10 * (index - 232); 3],
            _ => {
                let cube = index - 16;
                [level(cube / 36), level(cube / 6 % 6), level(cube % 6)]
            }
        };
        let [red, green, blue] = rgb.map(|part| {
            let share = f64::from(part) / 255.0;
            if share <= 0.04045 {
                share / 12.92
            } else {
                ((share + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    #[test]
    fn everything_can_be_read_from_the_last_row() {
        for theme in [Theme::Light, Theme::Dark] {
            for role in Role::ALL {
                let (one, other) = (luminance(theme.colour(role)), luminance(theme.ground()));
                let contrast = (one.max(other) + 0.05) / (one.min(other) + 0.05);
                // What WCAG 2 asks of small text.
                assert!(contrast >= 4.5, "{theme:?} {role:?}: {contrast:.1}");
            }
        }
    }
}
