//! Cursor connections: the one way to page through a list, forwards and backwards.

use std::ops::Range;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use shirube_domain::Error;

/// The largest page.
pub(crate) const PAGE_LIMIT: usize = 100;
/// The page that is given when none is asked for.
pub(crate) const PAGE_DEFAULT: usize = 50;

/// The arguments of a connection.
#[derive(Debug, Default)]
pub(crate) struct PageArguments {
    pub(crate) first: Option<i32>,
    pub(crate) after: Option<String>,
    pub(crate) last: Option<i32>,
    pub(crate) before: Option<String>,
}

/// A part of a list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// The indexes of its items.
    pub(crate) range: Range<usize>,
    pub(crate) has_previous: bool,
    pub(crate) has_next: bool,
}

/// The cursor of an item: the list to which it belongs, and the key of the item in it.
pub(crate) fn cursor(list: &str, key: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{list}\n{key}"))
}

impl Page {
    /// The part of a list of `length` items that the arguments ask for. `list` names the list and its order; `locate`
    /// tells where the item of a key stands, or would stand if the filter left it in (an empty range).
    pub(crate) fn of(
        arguments: &PageArguments,
        list: &str,
        length: usize,
        locate: impl Fn(&str) -> Option<Range<usize>>,
    ) -> Result<Self, Error> {
        let find = |name: &str, cursor: &Option<String>| match cursor {
            None => Ok(None),
            Some(cursor) => {
                locate_cursor(cursor, list, &locate).map(Some).map_err(|message| Error::bad_input(name, message))
            }
        };
        let start = find("after", &arguments.after)?.map_or(0, |at| at.end);
        let end = find("before", &arguments.before)?.map_or(length, |at| at.start).max(start);
        let range = match (size("first", arguments.first)?, size("last", arguments.last)?) {
            (Some(_), Some(_)) => {
                return Err(Error::bad_input("first", "give first or last, not both"));
            }
            (None, Some(last)) => end.saturating_sub(last).max(start)..end,
            (first, None) => start..end.min(start + first.unwrap_or(PAGE_DEFAULT)),
        };
        Ok(Self { has_previous: range.start > 0, has_next: range.end < length, range })
    }
}

/// Reads the size of a page.
pub(crate) fn size(name: &str, size: Option<i32>) -> Result<Option<usize>, Error> {
    match size {
        None => Ok(None),
        Some(size) => usize::try_from(size)
            .ok()
            .filter(|size| (1..=PAGE_LIMIT).contains(size))
            .map(Some)
            .ok_or_else(|| Error::bad_input(name, format!("{size} is not a page size; ask for 1 to {PAGE_LIMIT}"))),
    }
}

fn locate_cursor(
    cursor: &str,
    list: &str,
    locate: impl Fn(&str) -> Option<Range<usize>>,
) -> Result<Range<usize>, &'static str> {
    locate(&read_cursor(cursor, list)?).ok_or("the item of this cursor does not exist")
}

/// The key of the item of a cursor.
pub(crate) fn read_cursor(cursor: &str, list: &str) -> Result<String, &'static str> {
    let text = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let text = text.ok_or("this is not a cursor; use one that an answer gave")?;
    match text.split_once('\n') {
        Some((of, key)) if of == list => Ok(key.to_owned()),
        Some(_) => Err("this cursor belongs to another list, or to another order of it"),
        None => Err("this is not a cursor; use one that an answer gave"),
    }
}

/// A page of a list that was read whole; `key` tells its items apart.
pub(crate) fn page_of<T>(
    items: &[T],
    list: &str,
    arguments: &PageArguments,
    key: impl Fn(&T) -> String,
) -> Result<Page, Error> {
    Page::of(arguments, list, items.len(), |wanted| {
        items.iter().position(|item| key(item) == wanted).map(|at| at..at + 1)
    })
}

/// Defines the edge and connection types of an object. Only the document's own words are repeated, not the logic.
macro_rules! connection {
    ($node:ident, $edge:ident, $connection:ident, $what:literal) => {
        #[doc = concat!("A page of ", $what, ".")]
        #[derive(async_graphql::SimpleObject)]
        pub(crate) struct $connection {
            /// The items of the page, each with its cursor.
            edges: Vec<$edge>,
            /// The items of the page.
            nodes: Vec<$node>,
            /// Where the page lies in the list.
            page_info: $crate::page::PageInfo,
            /// How many items the whole list has.
            total_count: usize,
        }

        #[doc = concat!("An item of a page of ", $what, ".")]
        #[derive(async_graphql::SimpleObject)]
        pub(crate) struct $edge {
            /// Where the item stands; give it as `after` or `before`.
            cursor: String,
            /// The item.
            node: $node,
        }

        impl $connection {
            /// `item` gives the node and the key of an index.
            pub(crate) fn new(
                page: $crate::page::Page,
                list: &str,
                total_count: usize,
                item: impl Fn(usize) -> ($node, String),
            ) -> Self {
                let edges: Vec<$edge> = page
                    .range
                    .clone()
                    .map(|at| {
                        let (node, key) = item(at);
                        $edge { cursor: $crate::page::cursor(list, &key), node }
                    })
                    .collect();
                let nodes = edges.iter().map(|edge| edge.node.clone()).collect();
                let page_info = $crate::page::PageInfo {
                    has_previous_page: page.has_previous,
                    has_next_page: page.has_next,
                    start_cursor: edges.first().map(|edge| edge.cursor.clone()),
                    end_cursor: edges.last().map(|edge| edge.cursor.clone()),
                };
                Self { edges, nodes, page_info, total_count }
            }

            /// How many items the page holds.
            pub(crate) fn len(&self) -> usize {
                self.edges.len()
            }
        }
    };
}
pub(crate) use connection;

/// Where a page lies in its list.
#[derive(async_graphql::SimpleObject)]
pub(crate) struct PageInfo {
    /// Whether there are items before the page.
    pub(crate) has_previous_page: bool,
    /// Whether there are items behind the page.
    pub(crate) has_next_page: bool,
    /// The cursor of the first item; null if the page is empty.
    pub(crate) start_cursor: Option<String>,
    /// The cursor of the last item; null if the page is empty.
    pub(crate) end_cursor: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(
        first: Option<i32>,
        after: Option<usize>,
        last: Option<i32>,
        before: Option<usize>,
    ) -> Result<Page, String> {
        let give = |key: Option<usize>| key.map(|key| cursor("list", &key.to_string()));
        let arguments = PageArguments { first, after: give(after), last, before: give(before) };
        let locate = |key: &str| key.parse::<usize>().ok().filter(|at| *at < 10).map(|at| at..at + 1);
        Page::of(&arguments, "list", 10, locate).map_err(|error| error.to_string())
    }

    #[expect(clippy::unnecessary_wraps, reason = "it is compared with results")]
    fn range(range: Range<usize>, has_previous: bool, has_next: bool) -> Result<Page, String> {
        Ok(Page { range, has_previous, has_next })
    }

    #[test]
    fn pages_forwards_and_backwards() {
        assert_eq!(page(Some(3), None, None, None), range(0..3, false, true));
        assert_eq!(page(Some(3), Some(2), None, None), range(3..6, true, true));
        assert_eq!(page(Some(3), Some(8), None, None), range(9..10, true, false));
        assert_eq!(page(Some(3), Some(9), None, None), range(10..10, true, false));
        assert_eq!(page(None, None, Some(3), None), range(7..10, true, false));
        assert_eq!(page(None, None, Some(3), Some(2)), range(0..2, false, true));
        assert_eq!(page(Some(5), Some(2), None, Some(5)), range(3..5, true, true));
        assert_eq!(page(None, Some(5), None, Some(2)), range(6..6, true, true));
        assert_eq!(page(None, None, None, None), range(0..10, false, false));
    }

    #[test]
    fn wrong_arguments_say_what_is_wrong() {
        for (first, last) in [(Some(0), None), (Some(-1), None), (Some(101), None), (None, Some(i32::MIN))] {
            assert!(page(first, None, last, None).unwrap_err().contains("ask for 1 to 100"));
        }
        assert!(page(Some(1), None, Some(1), None).unwrap_err().contains("not both"));
        assert!(page(Some(1), Some(10), None, None).unwrap_err().contains("does not exist"));
        let locate = |_: &str| Some(0..1);
        for (after, told) in [("?", "not a cursor"), (&*cursor("other", "1"), "another list")] {
            let arguments = PageArguments { after: Some(after.to_owned()), ..PageArguments::default() };
            assert!(Page::of(&arguments, "list", 10, locate).unwrap_err().to_string().contains(told));
        }
    }
}
