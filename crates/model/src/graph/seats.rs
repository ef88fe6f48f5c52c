//! While a picture is computed each thread of the pool has a processor of its own.
//!
//! A thread that has slept for a while is woken on the processor of the one that wakes it. Linux may leave both there for
//! longer than a picture takes, and a part that comes alone is then judged as slowly as by one thread: on two processors
//! 18 ms instead of 9 (colour, 256 pixels, width 24).

#[cfg(target_os = "linux")]
pub(super) use linux::Seats;
#[cfg(not(target_os = "linux"))]
pub(super) use none::Seats;

#[cfg(target_os = "linux")]
mod linux {
    use std::sync::{Mutex, PoisonError};
    use std::time::{Duration, Instant};

    use rustix::thread::{CpuSet, Pid, gettid, sched_getaffinity, sched_setaffinity};

    /// Threads that were at work so short a time ago have their places still, and need not be held to any.
    pub(super) const AWAKE: Duration = Duration::from_millis(5);

    /// The processors that a pool's threads have to themselves.
    pub(in crate::graph) struct Seats {
        threads: Vec<(Pid, CpuSet)>,
        /// Where they may run otherwise.
        anywhere: CpuSet,
        /// When they were last at work.
        ended: Mutex<Option<Instant>>,
    }

    /// Seats that are taken. Given up, the system moves the threads as it likes.
    pub(in crate::graph) struct Seated<'a> {
        seats: &'a Seats,
        /// Those of its threads that were moved.
        moved: Vec<usize>,
    }

    impl Seats {
        /// Of a pool that has as many threads as there are processors for this process; with fewer threads the system does
        /// better, as it knows who else runs.
        pub(in crate::graph) fn of(pool: &rten::ThreadPool) -> Self {
            let threads: Vec<Pid> = pool.run(|| rayon::broadcast(|_| gettid()));
            let anywhere = sched_getaffinity(None).unwrap_or_default();
            let processors = (0..CpuSet::MAX_CPU).filter(|&processor| anywhere.is_set(processor));
            let alone = |processor| {
                let mut set = CpuSet::new();
                set.set(processor);
                set
            };
            let seated = anywhere.count() as usize == threads.len() && threads.len() > 1;
            let threads = if seated { threads.into_iter().zip(processors.map(alone)).collect() } else { Vec::new() };
            Self { threads, anywhere, ended: Mutex::default() }
        }

        /// Until it is dropped, or the picture beside it is done that took them first. Threads that are awake, and those that a
        /// person has put elsewhere, stay where they are.
        pub(in crate::graph) fn take(&self) -> Seated<'_> {
            if self.ended.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|ended| ended.elapsed() < AWAKE) {
                return Seated { seats: self, moved: Vec::new() };
            }
            let moves =
                |(at, (thread, alone)): (usize, &(Pid, CpuSet))| put(*thread, &self.anywhere, alone).then_some(at);
            Seated { seats: self, moved: self.threads.iter().enumerate().filter_map(moves).collect() }
        }
    }

    impl Drop for Seated<'_> {
        fn drop(&mut self) {
            let Seats { threads, anywhere, ended } = self.seats;
            *ended.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
            for (thread, alone) in self.moved.iter().filter_map(|&at| threads.get(at)) {
                put(*thread, alone, anywhere);
            }
        }
    }

    /// False where the system does not allow it, and for a thread that is not where it was left.
    fn put(thread: Pid, from: &CpuSet, to: &CpuSet) -> bool {
        sched_getaffinity(Some(thread)).is_ok_and(|now| now == *from) && sched_setaffinity(Some(thread), to).is_ok()
    }
}

#[cfg(not(target_os = "linux"))]
mod none {
    /// Other systems move woken threads by themselves.
    pub(in crate::graph) struct Seats;

    /// Nothing is taken.
    pub(in crate::graph) struct Seated;

    impl Seats {
        pub(in crate::graph) fn of(_: &rten::ThreadPool) -> Self {
            Self
        }

        pub(in crate::graph) fn take(&self) -> Seated {
            Seated
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    #[test]
    fn threads_have_a_processor_each_while_they_are_seated_and_then_run_anywhere() {
        let anywhere = sched_getaffinity(None).unwrap();
        let pool = rten::ThreadPool::with_num_threads(anywhere.count() as usize);
        let allowed = || pool.run(|| rayon::broadcast(|_| sched_getaffinity(None).unwrap()));
        let seats = Seats::of(&pool);
        if anywhere.count() > 1 {
            let seated = seats.take();
            let alone = allowed();
            drop(seated);
            assert!(alone.iter().all(|set| set.count() == 1), "{alone:?}");
            let different = (0..CpuSet::MAX_CPU).filter(|&at| alone.iter().any(|set| set.is_set(at))).count();
            assert_eq!(different, alone.len(), "two threads share a processor");
            // Awake they are left alone.
            let began = std::time::Instant::now();
            drop(seats.take());
            let awake = seats.take();
            // A busy machine may have kept the test itself from going on.
            if began.elapsed() < super::linux::AWAKE {
                assert!(allowed().iter().all(|set| *set == anywhere), "they are not left alone");
            }
            drop(awake);
            // Put elsewhere by a person, they stay there.
            std::thread::sleep(2 * super::linux::AWAKE);
            pool.run(|| rayon::broadcast(|_| sched_setaffinity(None, &alone[0]).unwrap()));
            drop(seats.take());
            assert!(allowed().iter().all(|set| *set == alone[0]));
            pool.run(|| rayon::broadcast(|_| sched_setaffinity(None, &anywhere).unwrap()));
        }
        assert!(allowed().iter().all(|set| *set == anywhere));
        // One that has fewer threads is left alone.
        let pool = rten::ThreadPool::with_num_threads(1);
        let seats = Seats::of(&pool);
        let _seated = seats.take();
        assert!(pool.run(|| sched_getaffinity(None).unwrap()) == anywhere);
    }
}
