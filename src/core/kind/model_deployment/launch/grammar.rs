//! What an engine's command line may hold. The engines read theirs with Python's `argparse`: an argument may be
//! shortened as long as it is the only one that begins so, a negative number is a value and not an argument, and a word
//! that belongs to nothing ends the program.

/// What an argument takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// No value.
    Nothing,
    /// One value of any form.
    Text,
    /// One whole number.
    Whole,
    /// One number.
    Number,
    /// One JSON value.
    Json(Json),
    /// One value or more.
    Many,
    /// One value, or none.
    Maybe,
    /// It is not known.
    Unknown,
}

/// Which JSON an argument takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Json {
    /// An object.
    Object,
    /// An object; some releases take other forms too.
    ObjectOrText,
    /// Any value.
    Any,
}

/// The arguments of an engine, without leading dashes.
#[derive(Debug)]
pub struct Grammar {
    /// Arguments without a value.
    pub switches: &'static [&'static str],
    /// Switches that took a value in releases before vLLM 0.9.
    pub once_valued: &'static [&'static str],
    /// Arguments with one value of any form.
    pub texts: &'static [&'static str],
    /// Arguments with a whole number.
    pub wholes: &'static [&'static str],
    /// Arguments with a number.
    pub numbers: &'static [&'static str],
    /// Arguments with a JSON object.
    pub objects: &'static [&'static str],
    /// Arguments with a JSON object, or with another form in some releases.
    pub loose_objects: &'static [&'static str],
    /// Arguments with any JSON value.
    pub values: &'static [&'static str],
    /// Arguments with one value or more.
    pub many: &'static [&'static str],
    /// Arguments with a value that may be missing.
    pub maybe: &'static [&'static str],
    /// Arguments that add up when they are given again.
    pub adding_up: &'static [&'static str],
    /// Names behind one dash, and the argument that they stand for.
    pub short: &'static [(&'static str, &'static str)],
    /// Other names of an argument.
    pub other_names: &'static [(&'static str, &'static str)],
    /// Names that other engines have, or that people expect, and the argument that is meant.
    pub elsewhere: &'static [(&'static str, &'static str)],
    /// Whether `_` is read as `-`.
    pub folds_underscores: bool,
    /// Whether each switch has an opposite with `no-` in front.
    pub has_opposites: bool,
    /// Whether `--argument.member` sets a member of a JSON argument.
    pub has_members: bool,
    /// How many GPUs it wants.
    pub sizes: Sizes,
    /// Ports that the engine reads from the environment. A Service of the fitting name makes Kubernetes set the
    /// variable to an address.
    pub port_variables: &'static [&'static str],
}

/// Arguments that say how many GPUs an engine wants.
#[derive(Debug)]
pub struct Sizes {
    /// GPUs that hold one layer together.
    pub tensor: &'static str,
    /// Sizes by which that is multiplied, with a word for each.
    pub factors: &'static [(&'static str, &'static str)],
    /// Copies of all that.
    pub data: &'static str,
    /// Those of the copies that run in this pod.
    pub data_here: Option<&'static str>,
    /// Arguments with which the copies run elsewhere or within the others' GPUs.
    pub data_apart: &'static [&'static str],
    /// Number of pods that share one copy.
    pub nodes: &'static str,
    /// Sizes by which the tensor size must be divisible, with a word for each.
    pub parts: &'static [(&'static str, &'static str)],
    /// Arguments and the values with which GPUs of other pods count.
    pub beyond: &'static [(&'static str, &'static [&'static str])],
}

/// An argument that the grammar has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Its full name.
    pub name: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// Whether it is the opposite of the switch of that name.
    pub is_opposite: bool,
}

impl Grammar {
    /// The name as the engine compares it: of `a_b.c_d` the part before the dot has dashes.
    #[must_use]
    pub fn folded(&self, name: &str) -> String {
        if !self.folds_underscores {
            return name.to_owned();
        }
        match name.split_once('.') {
            Some((head, tail)) => format!("{}.{tail}", head.replace('_', "-")),
            None => name.replace('_', "-"),
        }
    }

    /// An argument by its folded name, whole or shortened.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Known> {
        self.exactly(name).or_else(|| self.shortened(name))
    }

    /// An argument by its whole folded name.
    #[must_use]
    pub fn exactly(&self, name: &str) -> Option<Known> {
        let all = self.names().find(|(known, _)| *known == name);
        let own = all.map(|(name, takes)| Known { name, takes, is_opposite: false });
        own.or_else(|| {
            let positive = name.strip_prefix("no-").filter(|_| self.has_opposites)?;
            let switch = self.switches.iter().chain(self.once_valued).find(|known| **known == positive)?;
            Some(Known { name: switch, takes: Takes::Nothing, is_opposite: true })
        })
        .or_else(|| {
            let (_, name) = self.other_names.iter().find(|(other, _)| *other == name)?;
            self.exactly(name)
        })
    }

    /// The argument behind a name with one dash.
    #[must_use]
    pub fn by_short_name(&self, name: &str) -> Option<Known> {
        let (_, name) = self.short.iter().find(|(short, _)| *short == name)?;
        self.exactly(name)
    }

    /// The argument that is meant by a name that the engine does not know: one of elsewhere, or a short one behind two
    /// dashes.
    #[must_use]
    pub fn meant(&self, name: &str) -> Option<&'static str> {
        let elsewhere = self.elsewhere.iter().find(|(other, _)| *other == name).map(|(_, own)| *own);
        let is_start = || self.names().any(|(own, _)| own.starts_with(name));
        elsewhere.or_else(|| {
            self.by_short_name(name).filter(|_| name.len() > 1 && !is_start()).map(|known| known.name)
        })
    }

    /// The only argument that begins so. Two letters are too few to be sure, because no table has every argument of every release.
    fn shortened(&self, start: &str) -> Option<Known> {
        const LEAST: usize = 3;
        if start.len() < LEAST || start.contains('.') {
            return None;
        }
        let positive = start.strip_prefix("no-").filter(|_| self.has_opposites);
        let own = self.names().filter(|(name, _)| name.starts_with(start));
        let own = own.map(|(name, takes)| Known { name, takes, is_opposite: false });
        let switches = self.switches.iter().chain(self.once_valued);
        let opposites = switches.filter(|name| positive.is_some_and(|positive| name.starts_with(positive)));
        let opposites = opposites.map(|name| Known { name, takes: Takes::Nothing, is_opposite: true });
        let mut found = own.chain(opposites);
        match (found.next(), found.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        }
    }

    /// All names with what they take.
    fn names(&self) -> impl Iterator<Item = (&'static str, Takes)> {
        [
            (self.switches, Takes::Nothing),
            (self.once_valued, Takes::Nothing),
            (self.texts, Takes::Text),
            (self.wholes, Takes::Whole),
            (self.numbers, Takes::Number),
            (self.objects, Takes::Json(Json::Object)),
            (self.loose_objects, Takes::Json(Json::ObjectOrText)),
            (self.values, Takes::Json(Json::Any)),
            (self.many, Takes::Many),
            (self.maybe, Takes::Maybe),
        ]
        .into_iter()
        .flat_map(|(names, takes)| names.iter().map(move |name| (*name, takes)))
    }
}
