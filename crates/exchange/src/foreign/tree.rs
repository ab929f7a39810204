//! The tree of a plan, grown out of what its rows say.

use shirube_domain::{
    strategy::{Level, LevelKind},
    text::{Bilingual, is_dash},
};

use super::{
    Confidence, Layout, Notes, Subject,
    entries::{Entry, Event, Key, Node, Placed, Read},
    headings::{self, Style, kind_name},
    tables::Head,
};

/// Grows the tree of a plan out of what the rows say.
pub(super) struct Tree<'r> {
    /// The way to where the next thing hangs: an index for each node, and its level.
    stack: Vec<(usize, usize)>,
    it: &'r mut Read,
}

impl<'r> Tree<'r> {
    pub(super) const fn new(it: &'r mut Read) -> Self {
        Self { stack: Vec::new(), it }
    }

    pub(super) fn grow(mut self, events: Vec<Event>, level_heads: &[Head], corrections: &Layout, notes: &mut Notes) {
        // How deep headings go is known only at the end.
        let mut deepest = 0;
        let mut keys: Vec<(Key, usize)> = Vec::new();
        let mut depth_now = 0;
        for event in &events {
            if let Event::Heading { key, .. } = event {
                let known = keys.iter().find(|(of, _)| of == key).map(|(_, depth)| *depth);
                let depth = known.unwrap_or_else(|| match key {
                    Key::Level(level) => usize::from(*level) - 1,
                    Key::Style(Style::Word, Some(word))
                        if headings::level(word).is_some_and(|(_, kind)| kind == LevelKind::Goal) =>
                    {
                        0
                    }
                    Key::Style(..) => depth_now,
                });
                if known.is_none() {
                    keys.push((key.clone(), depth));
                }
                depth_now = depth + 1;
                deepest = deepest.max(depth_now);
            }
        }
        self.it.levels = corrections.levels.clone().unwrap_or_else(|| levels(&keys, deepest, level_heads, notes));
        for event in events {
            match event {
                Event::Heading { key, number, title, text } => {
                    let depth = keys.iter().find(|(of, _)| *of == key).map_or(0, |(_, depth)| *depth);
                    self.enter(depth, Some(number).filter(|number| !number.is_empty()), title, text);
                }
                Event::Names { names, marked, entry } => {
                    self.names(deepest, names, &marked);
                    if let Some(entry) = entry {
                        self.hang(*entry, notes);
                    }
                }
            }
        }
    }

    fn names(&mut self, deepest: usize, names: Vec<Option<Placed>>, marked: &[bool]) {
        // A name that stands again is the same place, as long as nothing above it was said anew.
        let mut anew = false;
        for (at, name) in names.into_iter().enumerate() {
            let level = deepest + at;
            let Some(name) = name.filter(|name| !name.text.chars().all(is_dash)) else { continue };
            let here = self.stack.iter().position(|(_, of)| *of == level);
            if !anew && here.is_some_and(|depth| self.node(depth).text == name.text) {
                continue;
            }
            anew = true;
            let title = super::meaning::joined(&name.text);
            let split = headings::marked(&title)
                .filter(|of| marked[at] || !matches!(of.style, Style::Plain | Style::Letter | Style::Parts(_)));
            let (number, title) = split.map_or((None, title), |of| (Some(of.number), of.title));
            self.enter(level, number, title, name.text);
        }
    }

    /// Goes to a node of a level: a new one, unless one beside it is called the same, on an earlier page or sheet.
    fn enter(&mut self, level: usize, number: Option<String>, title: String, text: String) {
        self.leave(level);
        let siblings = self.siblings();
        let there = siblings.iter().position(|of| of.level == level && of.number == number && of.title == title);
        let at = there.unwrap_or_else(|| {
            siblings.push(Node { level, number, title, text, ..Node::default() });
            siblings.len() - 1
        });
        self.stack.push((at, level));
    }

    /// Leaves a level and all below it.
    fn leave(&mut self, level: usize) {
        self.stack.retain(|(_, of)| *of < level);
    }

    fn node(&mut self, depth: usize) -> &mut Node {
        let mut nodes = &mut self.it.roots;
        for (at, _) in &self.stack[..depth] {
            nodes = &mut nodes[*at].children;
        }
        &mut nodes[self.stack[depth].0]
    }

    fn siblings(&mut self) -> &mut Vec<Node> {
        match self.stack.len() {
            0 => &mut self.it.roots,
            depth => &mut self.node(depth - 1).children,
        }
    }

    fn hang(&mut self, entry: Entry, notes: &mut Notes) {
        if self.stack.is_empty() {
            let because = Bilingual::new(
                "見出しがないので、全体の下に置きました",
                "there is no heading above it; it hangs below the whole",
            );
            notes.guess(&entry.at, Subject::Levels, kind_name(LevelKind::Goal), Confidence::Unsure, because);
            if self.it.levels.is_empty() {
                self.it.levels.push(Level { name: kind_name(LevelKind::Goal).to_owned(), kind: LevelKind::Goal });
            }
            self.enter(0, None, "全体".to_owned(), String::new());
        }
        let depth = self.stack.len() - 1;
        let entries = &mut self.node(depth).entries;
        // A sheet for each year says more of the same indicators.
        match entries.iter_mut().find(|of| of.goes_on_in(&entry)) {
            Some(before) => before.add(entry),
            None => entries.push(entry),
        }
    }
}

/// The levels of a plan: those of its headings, then those of its columns.
fn levels(keys: &[(Key, usize)], deepest: usize, columns: &[Head], notes: &mut Notes) -> Vec<Level> {
    let of_columns: Vec<Level> = columns
        .iter()
        .map(|head| {
            let (name, kind) = headings::level(&head.text).unwrap_or_else(|| (head.text.clone(), LevelKind::Other));
            Level { name, kind }
        })
        .collect();
    let worded = |depth: usize| {
        keys.iter().find_map(|(key, of)| match key {
            Key::Style(_, Some(word)) if *of == depth => headings::level(word).map(|(name, kind)| Level { name, kind }),
            _ => None,
        })
    };
    let named: Vec<Option<Level>> = (0..deepest).map(worded).collect();
    // What no word names lies between what is named: goals above, programs below.
    let unnamed = named.iter().skip(1).filter(|level| level.is_none()).count();
    let between: &[LevelKind] = match unnamed {
        0 | 1 => &[LevelKind::Measure],
        _ => &[LevelKind::Direction, LevelKind::Measure],
    };
    let mut between = between.iter().copied();
    let of_headings = named.into_iter().enumerate().map(|(depth, level)| {
        level.unwrap_or_else(|| {
            let kind = if depth == 0 { LevelKind::Goal } else { between.next().unwrap_or(LevelKind::Other) };
            Level { name: kind_name(kind).to_owned(), kind }
        })
    });
    let levels: Vec<Level> = of_headings.chain(of_columns).collect();
    if !levels.is_empty() {
        let names: Vec<&str> = levels.iter().map(|level| level.name.as_str()).collect();
        let confidence = if unnamed == 0 { Confidence::Likely } else { Confidence::Unsure };
        let because = Bilingual::new(
            "見出しの番号の付け方と列の見出しから",
            "by how headings are numbered, and by the headings of columns",
        );
        notes.guess("", Subject::Levels, names.join(" > "), confidence, because);
    }
    levels
}
