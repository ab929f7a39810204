//! What questions about a whole nation cost: each is answered from the frames, by DuckDB and by hand over the same columns,
//! one after the other in each round, and the medians over the rounds are printed as ratios. The results are held against
//! each other before anything is measured. The nation is made up (`shirube_testing::nation`); the database takes no part.

mod by_hand;
mod columns;
mod duck;
mod memory;
mod questions;

use std::{
    env,
    hint::black_box,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use columns::Columns;
use duck::Duck;
use questions::{Asked, flat};
use shirube_analytics::{Frames, OfficialColumn, StrategyRows, Waiting, World, answer};
use shirube_domain::comparison::Question;
use shirube_testing::nation::{Nation, TERMS};
use tempfile::TempDir;

/// The allocator of the service.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 30;
const SEED: u64 = 1;

fn main() -> Result<()> {
    if let Ok(told) = env::var(memory::SIDE) {
        let (side, folder) = told.split_once(' ').context("a side and a folder")?;
        return measure_memory(side, Path::new(folder));
    }
    let (nation, laid) = (Nation::new()?, Laid::new()?);
    let frames = &laid.frames;
    println!(
        "{} municipalities, {} made-up strategies, {} figures; load of the machine {}\n",
        nation.municipalities.len(),
        laid.rows.len(),
        frames.reported.len(),
        std::fs::read_to_string("/proc/loadavg")?.split(' ').take(3).collect::<Vec<_>>().join(" "),
    );
    let changed = laid.change(&nation)?;
    println!(
        "laying out: the world {}, the rows of all strategies {}, the frames {};",
        ms(laid.took[0]),
        ms(laid.took[1]),
        ms(laid.took[2])
    );
    println!("again after one strategy changed: {}\n", ms(changed.took));

    let folder = TempDir::new()?;
    Columns::write(folder.path(), &nation, frames)?;
    let columns = Columns::read(folder.path())?;
    let questions = Asked::ALL.into_iter().map(|asked| Ok((asked, asked.question()?))).collect::<Result<Vec<_>>>()?;
    let mut expected = Vec::new();
    for (asked, question) in &questions {
        let found = flat(&answer(frames, question, &Waiting::default())?);
        found.check(&by_hand::answer(&columns, *asked).flat(), &format!("by hand, {asked:?}"))?;
        expected.push(found);
    }
    let mut duck = Duck::start(folder.path())?;
    if let Some(duck) = &mut duck {
        duck.check(&expected)?;
    }
    let times = rounds(frames, &columns, &questions, duck.as_mut())?;
    print_times(&times, duck.is_some());
    print_memory(folder.path(), duck)?;
    drop(columns);
    publish_meanwhile(frames, changed, &questions[0].1)
}

/// The frames of the nation, and what it took to lay them out.
struct Laid {
    frames: Frames,
    rows: Vec<Arc<StrategyRows>>,
    took: [Duration; 3],
}

/// The rows after one strategy was published again.
struct Changed {
    rows: Vec<Arc<StrategyRows>>,
    took: Duration,
}

impl Laid {
    fn new() -> Result<Self> {
        let nation = Nation::new()?;
        let start = Instant::now();
        let columns = nation.columns.iter();
        let world = World::new(
            nation.municipalities.clone(),
            nation.populations.clone(),
            nation.standard.clone(),
            nation.official.clone(),
            columns.map(|((series, year), values)| OfficialColumn { series, year: *year, values }),
        )?;
        let mut took = [start.elapsed(), Duration::ZERO, Duration::ZERO];
        let mut rows = Vec::new();
        for place in 0..nation.municipalities.len() {
            for strategy in nation.strategies(place, SEED)? {
                let start = Instant::now();
                rows.push(Arc::new(StrategyRows::new(&strategy, 1, world.catalogue())));
                took[1] += start.elapsed();
            }
        }
        let start = Instant::now();
        let frames = Frames::new(Arc::new(world), rows.clone())?;
        took[2] = start.elapsed();
        Ok(Self { frames, rows, took })
    }

    fn change(&self, nation: &Nation) -> Result<Changed> {
        const PLACE: usize = 500;
        let strategy = nation.strategy(PLACE, TERMS, SEED + 1)?;
        let start = Instant::now();
        let mut rows = self.rows.clone();
        rows[(PLACE + 1) * usize::from(TERMS) - 1] =
            Arc::new(StrategyRows::new(&strategy, 2, self.frames.world.catalogue()));
        drop(black_box(Frames::new(self.frames.world.clone(), rows.clone())?));
        Ok(Changed { rows, took: start.elapsed() })
    }
}

/// For each question, the times of the frames, by hand, and of DuckDB.
fn rounds(
    frames: &Frames,
    columns: &Columns,
    questions: &[(Asked, Question)],
    mut duck: Option<&mut Duck>,
) -> Result<Vec<[Vec<Duration>; 3]>> {
    let mut times = vec![[const { Vec::new() }; 3]; questions.len()];
    for round in 0..=ROUNDS {
        let ducks = duck.as_mut().map(|duck| duck.round()).transpose()?.unwrap_or_default();
        for (at, (asked, question)) in questions.iter().enumerate() {
            let ours = timed(|| answer(frames, question, &Waiting::default()).is_ok());
            let by_hand = timed(|| by_hand::answer(columns, *asked));
            // The first round warms up.
            if round > 0 {
                times[at][0].push(ours);
                times[at][1].push(by_hand);
                times[at][2].extend(ducks.get(at));
            }
        }
    }
    Ok(times)
}

fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    drop(black_box(work()));
    start.elapsed()
}

fn print_times(times: &[[Vec<Duration>; 3]], with_duck: bool) {
    println!("{ROUNDS} rounds, medians; DuckDB is not asked for what stands behind it");
    println!("{:48} {:>9} {:>9} {:>7} {:>9} {:>7}", "", "frames", "by hand", "ratio", "DuckDB", "ratio");
    let mut sums = [0.0; 3];
    let line = |name: &str, of: [f64; 3], less: &str| {
        let [ours, by_hand, duck] = of.map(|seconds| seconds * 1e3);
        let duck = if with_duck { format!("{duck:>6.2} ms {:>6.2}×", duck / ours) } else { "not measured".to_owned() };
        println!("{name:48} {ours:>6.2} ms {by_hand:>6.2} ms {:>6.2}× {duck}  {less}", ours / by_hand);
    };
    for (asked, times) in Asked::ALL.into_iter().zip(times) {
        let medians = [0, 1, 2].map(|at| median(&times[at]).as_secs_f64());
        sums.iter_mut().zip(medians).for_each(|(sum, median)| *sum += median);
        let (name, less) = asked.title();
        line(name, medians, less);
    }
    line("all of them", sums, "");
    println!("frames ÷ by hand, and DuckDB ÷ frames\n");
}

fn print_memory(folder: &Path, duck: Option<Duck>) -> Result<()> {
    let mb = |kb: u64| format!("{} MB", kb / 1_000);
    let (ours, by_hand) = (memory::of("frames", folder)?, memory::of("by-hand", folder)?);
    let duck = duck.map(Duck::end).transpose()?;
    println!("memory of a process of its own (resident with the columns → peak while all questions are asked)");
    println!("frames {} → {}", mb(ours.held), mb(ours.peak));
    println!("by hand {} → {}", mb(by_hand.held), mb(by_hand.peak));
    println!("DuckDB, with Python: {} at the peak, loading included\n", duck.map_or("not measured".to_owned(), mb));
    Ok(())
}

/// One side, in a process of its own.
fn measure_memory(side: &str, folder: &Path) -> Result<()> {
    if side == "by-hand" {
        let columns = Columns::read(folder)?;
        return memory::tell(|| {
            for asked in Asked::ALL {
                drop(black_box(by_hand::answer(&columns, asked)));
            }
            Ok(())
        });
    }
    // The rows of each strategy are kept for the next version of the data, as in the service.
    let Laid { frames, rows: _kept, .. } = Laid::new()?;
    memory::tell(|| {
        for asked in Asked::ALL {
            drop(black_box(answer(&frames, &asked.question()?, &Waiting::default())?));
        }
        Ok(())
    })
}

/// Asks one question over and over, alone and while frames are laid out beside it, as when something is published.
fn publish_meanwhile(frames: &Frames, changed: Changed, question: &Question) -> Result<()> {
    const TIMES: usize = 400;
    let ask = || -> Vec<Duration> {
        (0..TIMES).map(|_| timed(|| answer(frames, question, &Waiting::default()).is_ok())).collect()
    };
    let alone = ask();
    let done = Arc::new(AtomicBool::new(false));
    let publisher = thread::spawn({
        let (done, world) = (done.clone(), frames.world.clone());
        move || {
            let mut published = 0;
            while !done.load(Ordering::Relaxed) {
                drop(black_box(Frames::new(world.clone(), changed.rows.clone())));
                published += 1;
            }
            published
        }
    });
    let meanwhile = ask();
    done.store(true, Ordering::Relaxed);
    let published = publisher.join().map_err(|_| anyhow::anyhow!("the publisher panicked"))?;
    println!("the first question, {TIMES} times (median, worst)");
    for (name, times) in [("alone", alone), ("while frames are laid out without pause", meanwhile)] {
        let worst = times.iter().max().copied().unwrap_or_default();
        println!("{name:48} {:>9} {:>9}", ms(median(&times)), ms(worst));
    }
    println!("{published} versions were laid out meanwhile");
    Ok(())
}

fn ms(of: Duration) -> String {
    format!("{:.2} ms", of.as_secs_f64() * 1e3)
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
