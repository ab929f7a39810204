//! The syntax of executable documents, to the letter.
//!
//! The two parsers below differ from the specification and from each other in small ways: one takes an argument without a
//! value, the other no space before an exclamation mark, neither a comma behind three dots. So the text is read here
//! first, flat and without recursion that a client could drive deep; what is not GraphQL is refused with its place; and
//! what is goes on in a plain spelling that both parsers read alike, every token on its line and, where it fits, in its
//! column.

use std::fmt::Write as _;

use crate::limits::{self, TooComplex};

/// A token: its kind, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Token {
    kind: Kind,
    line: usize,
    column: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// One of `! $ & ( ) : = @ [ ] { | }`, or three dots as `.`.
    Mark(char),
    Name(String),
    /// An integer or a float, as written.
    Number(String),
    /// A string, decoded.
    Text(String),
}

/// What is wrong with a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SyntaxError {
    /// It is not GraphQL; where, and what was found.
    At { line: usize, column: usize, message: String },
    /// It is too large.
    TooComplex(TooComplex),
}

impl From<TooComplex> for SyntaxError {
    fn from(error: TooComplex) -> Self {
        Self::TooComplex(error)
    }
}

type Result<T> = std::result::Result<T, SyntaxError>;

/// A text that was checked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plain {
    /// The text, spelled plainly.
    pub(crate) text: String,
    /// Where it begins to define types, which a request may not. These definitions are not checked here.
    pub(crate) defines_types: Option<(usize, usize)>,
}

/// Checks a text, and spells it plainly.
pub(crate) fn plain(text: &str) -> Result<Plain> {
    TooComplex::check("characters", text.chars().count(), limits::CHARACTERS)?;
    let tokens = Lexer::new(text).tokens()?;
    let mut grammar =
        Grammar { tokens: &tokens, at: 0, descriptions: Vec::new(), types: Vec::new(), defines_types: None };
    grammar.document()?;
    let Grammar { descriptions, types, defines_types, .. } = grammar;
    Ok(Plain { text: spell(&tokens, &descriptions, &types), defines_types })
}

struct Lexer<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    line: usize,
    column: usize,
}

impl<'a> Lexer<'a> {
    fn new(text: &'a str) -> Self {
        Self { rest: text.chars().peekable(), line: 1, column: 1 }
    }

    fn peek(&mut self) -> Option<char> {
        self.rest.peek().copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest.next()?;
        // CR LF is one end of line.
        if c == '\n' || (c == '\r' && self.peek() != Some('\n')) {
            (self.line, self.column) = (self.line + 1, 1);
        } else {
            self.column += 1;
        }
        Some(c)
    }

    fn error<T>(&self, message: impl Into<String>) -> Result<T> {
        Err(SyntaxError::At { line: self.line, column: self.column, message: message.into() })
    }

    fn tokens(mut self) -> Result<Vec<Token>> {
        let mut tokens = Vec::new();
        let mut depth = 0_usize;
        while let Some(c) = self.peek() {
            let (line, column) = (self.line, self.column);
            let kind = match c {
                '\u{FEFF}' | ' ' | '\t' | '\n' | '\r' | ',' => {
                    self.next();
                    continue;
                }
                '#' => {
                    while self.peek().is_some_and(|c| c != '\n' && c != '\r') {
                        self.next();
                    }
                    continue;
                }
                '!' | '$' | '&' | '(' | ')' | ':' | '=' | '@' | '[' | ']' | '{' | '|' | '}' => {
                    self.next();
                    match c {
                        '(' | '[' | '{' => depth += 1,
                        ')' | ']' | '}' => depth = depth.saturating_sub(1),
                        _ => {}
                    }
                    TooComplex::check("nested brackets", depth, limits::NESTING)?;
                    Kind::Mark(c)
                }
                '.' => {
                    for _ in 0..3 {
                        if self.next() != Some('.') {
                            return self.error("expected three dots");
                        }
                    }
                    Kind::Mark('.')
                }
                '_' | 'a'..='z' | 'A'..='Z' => Kind::Name(self.take(is_name_part)),
                '-' | '0'..='9' => Kind::Number(self.number()?),
                '"' => Kind::Text(self.text()?),
                other => return self.error(format!("the character {other:?} cannot stand here")),
            };
            tokens.push(Token { kind, line, column });
            TooComplex::check("tokens", tokens.len(), limits::TOKENS)?;
        }
        Ok(tokens)
    }

    fn take(&mut self, wanted: fn(char) -> bool) -> String {
        let mut taken = String::new();
        while let Some(c) = self.peek().filter(|c| wanted(*c)) {
            taken.push(c);
            self.next();
        }
        taken
    }

    fn number(&mut self) -> Result<String> {
        let mut number = String::new();
        if self.peek() == Some('-') {
            number.extend(self.next());
        }
        let whole = self.digits()?;
        if whole.len() > 1 && whole.starts_with('0') {
            return self.error("a number cannot begin with 0");
        }
        number += &whole;
        if self.peek() == Some('.') {
            number.extend(self.next());
            number += &self.digits()?;
        }
        if let Some('e' | 'E') = self.peek() {
            number.extend(self.next());
            if let Some('+' | '-') = self.peek() {
                number.extend(self.next());
            }
            number += &self.digits()?;
        }
        match self.peek() {
            Some(c) if c == '.' || is_name_start(c) => self.error(format!("{c:?} cannot follow a number")),
            _ => Ok(number),
        }
    }

    fn digits(&mut self) -> Result<String> {
        let digits = self.take(|c| c.is_ascii_digit());
        if digits.is_empty() { self.error("expected a digit") } else { Ok(digits) }
    }

    fn text(&mut self) -> Result<String> {
        self.next();
        if self.peek() != Some('"') {
            return self.quoted();
        }
        self.next();
        if self.peek() != Some('"') {
            return Ok(String::new());
        }
        self.next();
        self.block()
    }

    fn quoted(&mut self) -> Result<String> {
        let mut text = String::new();
        loop {
            match self.peek() {
                None | Some('\n' | '\r') => return self.error("a string is not closed"),
                Some('"') => {
                    self.next();
                    return Ok(text);
                }
                Some('\\') => {
                    self.next();
                    text.push(self.escape()?);
                }
                Some(c) => {
                    text.push(c);
                    self.next();
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char> {
        match self.next() {
            Some(c @ ('"' | '\\' | '/')) => Ok(c),
            Some('b') => Ok('\u{8}'),
            Some('f') => Ok('\u{C}'),
            Some('n') => Ok('\n'),
            Some('r') => Ok('\r'),
            Some('t') => Ok('\t'),
            Some('u') => {
                let code = self.code_unit()?;
                let code = if (0xD800..0xDC00).contains(&code) {
                    // Two escapes make one character beyond the first plane.
                    if (self.next(), self.next()) != (Some('\\'), Some('u')) || self.peek() == Some('{') {
                        return self.error("a first half of a surrogate pair stands alone");
                    }
                    match self.code_unit()? {
                        low @ 0xDC00..0xE000 => 0x1_0000 + ((code - 0xD800) << 10) + (low - 0xDC00),
                        _ => return self.error("a first half of a surrogate pair stands alone"),
                    }
                } else {
                    code
                };
                char::from_u32(code).map_or_else(|| self.error("an escape names no character"), Ok)
            }
            _ => self.error("this is not an escape; a backslash in a string is written \\\\"),
        }
    }

    /// The hexadecimal digits behind `\u`: four, or any number in braces.
    fn code_unit(&mut self) -> Result<u32> {
        let digits = if self.peek() == Some('{') {
            self.next();
            let digits = self.take(|c| c.is_ascii_hexdigit());
            if self.next() != Some('}') {
                return self.error("an escape is not closed");
            }
            let code = u32::from_str_radix(&digits, 16).ok();
            // A surrogate in braces is no character.
            return match code.filter(|code| char::from_u32(*code).is_some()) {
                Some(code) => Ok(code),
                None => self.error("an escape names no character"),
            };
        } else {
            let mut digits = String::new();
            for _ in 0..4 {
                digits.extend(self.next());
            }
            digits
        };
        let plain = digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        match u32::from_str_radix(&digits, 16).ok().filter(|_| plain) {
            Some(code) => Ok(code),
            None => self.error("an escape has four hexadecimal digits"),
        }
    }

    fn block(&mut self) -> Result<String> {
        let mut lines = vec![String::new()];
        loop {
            let Some(c) = self.next() else { return self.error("a block string is not closed") };
            let line = lines.last_mut().expect("there is always a line");
            match c {
                '\n' => lines.push(String::new()),
                '\r' => {
                    if self.peek() == Some('\n') {
                        self.next();
                    }
                    lines.push(String::new());
                }
                '"' if self.quotes(2) => return Ok(dedent(&lines)),
                '\\' if self.quotes(3) => *line += "\"\"\"",
                c => line.push(c),
            }
        }
    }

    /// Takes so many quotes, if they stand next.
    fn quotes(&mut self, count: usize) -> bool {
        let found = self.rest.clone().take(count).filter(|c| *c == '"').count() == count;
        if found {
            for _ in 0..count {
                self.next();
            }
        }
        found
    }
}

const fn is_name_start(c: char) -> bool {
    matches!(c, '_' | 'a'..='z' | 'A'..='Z')
}

const fn is_name_part(c: char) -> bool {
    is_name_start(c) || c.is_ascii_digit()
}

/// The value of a block string: common indentation and blank lines at both ends are left out.
fn dedent(lines: &[String]) -> String {
    let indent = |line: &String| line.len() - line.trim_start_matches([' ', '\t']).len();
    let blank = |line: &String| indent(line) == line.len();
    let common = lines.iter().skip(1).filter(|line| !blank(line)).map(indent).min().unwrap_or(0);
    let first = lines.iter().position(|line| !blank(line)).unwrap_or(lines.len());
    let last = lines.iter().rposition(|line| !blank(line)).map_or(first, |last| last + 1);
    let kept = (first..last).map(|at| if at == 0 { &*lines[at] } else { lines[at].get(common..).unwrap_or_default() });
    kept.collect::<Vec<_>>().join("\n")
}

/// The grammar of executable documents (sections 2.2 to 2.12 of the specification).
struct Grammar<'a> {
    tokens: &'a [Token],
    at: usize,
    /// Where descriptions stand.
    descriptions: Vec<usize>,
    /// Where the parts of types stand, the first of each left out.
    types: Vec<usize>,
    /// Where the first definition of a type stands.
    defines_types: Option<(usize, usize)>,
}

impl Grammar<'_> {
    fn document(&mut self) -> Result<()> {
        loop {
            self.definition()?;
            if self.at >= self.tokens.len() {
                return Ok(());
            }
        }
    }

    fn definition(&mut self) -> Result<()> {
        if self.sees('{') {
            return self.selections();
        }
        let described = self.description();
        match self.name_seen() {
            Some("query" | "mutation" | "subscription") => {
                self.at += 1;
                if self.name_seen().is_some() {
                    self.at += 1;
                }
                if self.takes('(') {
                    self.until(')', Self::variable_definition)?;
                }
                self.directives(false)?;
                self.selections()
            }
            Some("fragment") => {
                self.at += 1;
                if self.name_seen() == Some("on") {
                    return self.unexpected("the name of a fragment, which is not on");
                }
                self.name()?;
                self.type_condition()?;
                self.directives(false)?;
                self.selections()
            }
            Some("schema" | "scalar" | "type" | "interface" | "union" | "enum" | "input" | "directive" | "extend") => {
                let Token { line, column, .. } = self.tokens[self.at];
                self.defines_types.get_or_insert((line, column));
                // A description of a type may stay.
                self.descriptions.pop_if(|_| described);
                self.skip_type_definition();
                Ok(())
            }
            _ if described => self.unexpected("query, mutation, subscription or fragment behind a description"),
            _ => self.unexpected("{, query, mutation, subscription or fragment"),
        }
    }

    /// Goes on behind a definition of a type: to the next operation or fragment that begins with its word.
    fn skip_type_definition(&mut self) {
        let extends = self.name_seen() == Some("extend");
        self.at += 1 + usize::from(extends);
        let keyword = &self.tokens[self.at - 1].kind;
        // What has no body is followed by a query in short form, if braces follow.
        let mut body = !["scalar", "union", "directive"].iter().any(|of| *keyword == Kind::Name((*of).to_owned()));
        let mut depth = 0_usize;
        while let Some(kind) = self.peek() {
            match kind {
                Kind::Mark('{') if depth == 0 && !body => return,
                Kind::Mark('{') if depth == 0 => {
                    body = false;
                    depth = 1;
                }
                Kind::Mark('(' | '[' | '{') => depth += 1,
                Kind::Mark(')' | ']' | '}') => depth = depth.saturating_sub(1),
                Kind::Name(name)
                    if depth == 0 && matches!(name.as_str(), "query" | "mutation" | "subscription" | "fragment") =>
                {
                    if matches!(self.tokens[self.at - 1].kind, Kind::Text(_)) {
                        self.at -= 1;
                    }
                    return;
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    /// Takes a description, which says nothing to the service.
    fn description(&mut self) -> bool {
        let described = matches!(self.peek(), Some(Kind::Text(_)));
        if described {
            self.descriptions.push(self.at);
            self.at += 1;
        }
        described
    }

    fn variable_definition(&mut self) -> Result<()> {
        self.description();
        self.mark('$')?;
        self.name()?;
        self.mark(':')?;
        let start = self.at;
        self.type_reference()?;
        self.types.extend(start + 1..self.at);
        if self.takes('=') {
            self.value(true)?;
        }
        self.directives(true)
    }

    fn type_reference(&mut self) -> Result<()> {
        if self.takes('[') {
            self.type_reference()?;
            self.mark(']')?;
        } else {
            self.name()?;
        }
        self.takes('!');
        Ok(())
    }

    fn type_condition(&mut self) -> Result<()> {
        if self.name_seen() != Some("on") {
            return self.unexpected("on");
        }
        self.at += 1;
        self.name()
    }

    fn selections(&mut self) -> Result<()> {
        self.mark('{')?;
        self.until('}', Self::selection)
    }

    fn selection(&mut self) -> Result<()> {
        if self.takes('.') {
            match self.name_seen() {
                Some("on") => self.type_condition()?,
                Some(_) => {
                    self.at += 1;
                    return self.directives(false);
                }
                None => {}
            }
            self.directives(false)?;
            return self.selections();
        }
        self.name()?;
        if self.takes(':') {
            self.name()?;
        }
        if self.takes('(') {
            self.until(')', |grammar| grammar.argument(false))?;
        }
        self.directives(false)?;
        if self.sees('{') { self.selections() } else { Ok(()) }
    }

    fn argument(&mut self, constant: bool) -> Result<()> {
        self.name()?;
        self.mark(':')?;
        self.value(constant)
    }

    fn directives(&mut self, constant: bool) -> Result<()> {
        while self.takes('@') {
            self.name()?;
            if self.takes('(') {
                self.until(')', |grammar| grammar.argument(constant))?;
            }
        }
        Ok(())
    }

    fn value(&mut self, constant: bool) -> Result<()> {
        match self.peek() {
            Some(Kind::Name(_) | Kind::Number(_) | Kind::Text(_)) => {
                self.at += 1;
                Ok(())
            }
            Some(Kind::Mark('$')) if !constant => {
                self.at += 1;
                self.name()
            }
            Some(Kind::Mark('[')) => {
                self.at += 1;
                while !self.takes(']') {
                    self.value(constant)?;
                }
                Ok(())
            }
            Some(Kind::Mark('{')) => {
                self.at += 1;
                while !self.takes('}') {
                    self.argument(constant)?;
                }
                Ok(())
            }
            _ => self.unexpected(if constant { "a value without variables" } else { "a value" }),
        }
    }

    /// One or more of something, up to a closing mark.
    fn until(&mut self, close: char, one: impl Fn(&mut Self) -> Result<()>) -> Result<()> {
        loop {
            one(self)?;
            if self.takes(close) {
                return Ok(());
            }
        }
    }

    fn peek(&self) -> Option<&Kind> {
        self.tokens.get(self.at).map(|token| &token.kind)
    }

    fn sees(&self, mark: char) -> bool {
        self.peek() == Some(&Kind::Mark(mark))
    }

    fn takes(&mut self, mark: char) -> bool {
        let seen = self.sees(mark);
        self.at += usize::from(seen);
        seen
    }

    fn mark(&mut self, mark: char) -> Result<()> {
        if self.takes(mark) { Ok(()) } else { self.unexpected(&mark.to_string()) }
    }

    fn name_seen(&self) -> Option<&str> {
        match self.peek() {
            Some(Kind::Name(name)) => Some(name),
            _ => None,
        }
    }

    fn name(&mut self) -> Result<()> {
        if self.name_seen().is_some() {
            self.at += 1;
            Ok(())
        } else {
            self.unexpected("a name")
        }
    }

    fn unexpected<T>(&self, expected: &str) -> Result<T> {
        let (line, column, found) = if let Some(token) = self.tokens.get(self.at) {
            (token.line, token.column, token.kind.to_string())
        } else {
            let last = self.tokens.last().map_or((1, 1), |token| (token.line, token.column));
            (last.0, last.1, "the end".to_owned())
        };
        Err(SyntaxError::At { line, column, message: format!("expected {expected}, found {found}") })
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Mark('.') => f.write_str("..."),
            Self::Mark(mark) => f.write_char(*mark),
            Self::Name(name) | Self::Number(name) => f.write_str(name),
            Self::Text(text) => {
                f.write_char('"')?;
                for c in text.chars() {
                    match c {
                        '"' | '\\' => write!(f, "\\{c}")?,
                        c if c.is_control() => write!(f, "\\u{:04X}", u32::from(c))?,
                        c => f.write_char(c)?,
                    }
                }
                f.write_char('"')
            }
        }
    }
}

/// Spells tokens plainly: each on its line, and in its column where what stands before leaves room. Descriptions are left
/// out, and a type is spelled without spaces.
fn spell(tokens: &[Token], descriptions: &[usize], types: &[usize]) -> String {
    let mut text = String::new();
    let (mut line, mut column) = (1, 1);
    for (at, token) in tokens.iter().enumerate() {
        if descriptions.binary_search(&at).is_ok() {
            continue;
        }
        if types.binary_search(&at).is_err() {
            if line < token.line {
                text.extend(std::iter::repeat_n('\n', token.line - line));
                (line, column) = (token.line, 1);
            }
            let gap = token.column.saturating_sub(column).max(usize::from(column > 1));
            text.extend(std::iter::repeat_n(' ', gap));
            column += gap;
        }
        let spelled = token.kind.to_string();
        column += spelled.chars().count();
        text += &spelled;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_spelled_plainly_and_stays_in_its_place() {
        for (text, spelled) in [
            ("{a}", "{ a }"),
            ("query Q ( $a : [ Int ! ] ! = 1 ) { a }", "query Q ( $ a : [Int!]! = 1 ) { a }"),
            ("{ ... , Part\n  b,c #comment\n}", "{ ... Part\n  b c\n}"),
            ("\u{FEFF}{ a(x: \"\\u{61}\\t\\uD83D\\uDE00\") }", " { a ( x : \"a\\u0009😀\" ) }"),
            ("{ a(x: \"\"\"\n    one\n      two\n  \"\"\") }", "{ a ( x : \"one\\u000A  two\"\n\n\n ) }"),
            ("\"says nothing\" query { a(x: [\"b\", \"c\"]) }", "query { a ( x : [ \"b\" \"c\" ] ) }"),
        ] {
            let squeeze = |text: &str| text.split(' ').filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
            let plain = plain(text).unwrap();
            assert_eq!(squeeze(&plain.text), squeeze(spelled), "{text}");
        }
        let plain = plain("{\n  first\n      second }").unwrap();
        assert_eq!(plain.text, "{\n  first\n      second }");
    }

    #[test]
    fn what_is_not_graphql_is_told_with_its_place() {
        let place = |text: &str| match plain(text) {
            Err(SyntaxError::At { line, column, .. }) => Some((line, column)),
            _ => None,
        };
        for (text, line, column) in [
            ("", 1, 1),
            ("{ a(b) }", 1, 6),
            ("{ a(b: ) }", 1, 8),
            ("{\n  a(b: 01)\n}", 2, 10),
            ("{ a(b: 1x) }", 1, 9),
            ("{ a(b: \"x) }", 1, 13),
            ("{ a(b: \"\\q\") }", 1, 11),
            ("{ a(b: \"\\uD83D\") }", 1, 17),
            ("{ a } }", 1, 7),
            ("{ }", 1, 3),
            ("query ($a: Int = $b) { a }", 1, 18),
            ("fragment on on A { a }", 1, 10),
            ("{ a ? }", 1, 5),
            ("{ .. a }", 1, 6),
        ] {
            assert_eq!(place(text), Some((line, column)), "{text}");
        }
        assert_eq!(plain("{ a } type A { a: Int }").unwrap().defines_types, Some((1, 7)));
        assert!(matches!(plain(&"{a".repeat(100)), Err(SyntaxError::TooComplex(_))));
    }
}
