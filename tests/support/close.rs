//! The close button of a window on a display without a window manager.

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{AtomEnum, ClientMessageEvent, ConnectionExt, EventMask, Window};
use x11rb::rust_connection::RustConnection;

/// Sends the window called `title` on the display `screen` what a window manager sends when its close button is
/// pressed.
pub(crate) fn ask(screen: &str, title: &str) {
    let (display, number) = x11rb::connect(Some(screen)).unwrap();
    let root = display.setup().roots[number].root;
    let window = find(&display, root, title).unwrap_or_else(|| panic!("no window is called {title}"));
    let atom = |name: &str| display.intern_atom(false, name.as_bytes()).unwrap().reply().unwrap().atom;
    let data = [atom("WM_DELETE_WINDOW"), x11rb::CURRENT_TIME, 0, 0, 0];
    let message = ClientMessageEvent::new(32, window, atom("WM_PROTOCOLS"), data);
    display.send_event(false, window, EventMask::NO_EVENT, message).unwrap().check().unwrap();
}

fn find(display: &RustConnection, parent: Window, title: &str) -> Option<Window> {
    let named = |window| {
        let name = display
            .get_property(false, window, AtomEnum::WM_NAME, AtomEnum::ANY, 0, 64)
            .ok()?
            .reply()
            .ok()?;
        (name.value == title.as_bytes()).then_some(window)
    };
    let children = display.query_tree(parent).ok()?.reply().ok()?.children;
    // Toolkits keep helper windows of the same name beside the one that is mapped.
    let mapped = |window: &Window| {
        let attributes = display.get_window_attributes(*window).ok().and_then(|asked| asked.reply().ok());
        attributes.is_some_and(|a| a.map_state == x11rb::protocol::xproto::MapState::VIEWABLE)
    };
    let mut mapped = children.into_iter().filter(mapped);
    mapped.find_map(|child| named(child).or_else(|| find(display, child, title)))
}
