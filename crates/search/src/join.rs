//! Awaiting several fetches at once, without an async runtime.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

/// Runs all of `futures` together and gives their outputs in the same order. Each wake polls every
/// unfinished one: meant for the few dozen fetches of one stage.
pub async fn join_all<T>(futures: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let futures: Vec<_> = futures.into_iter().collect();
    let outputs: Vec<Cell<Option<T>>> = futures.iter().map(|_| Cell::new(None)).collect();
    let puts = futures.into_iter().zip(&outputs).map(|(future, output)| {
        let put: Pin<Box<dyn Future<Output = ()> + '_>> =
            Box::pin(async move { output.set(Some(future.await)) });
        Some(put)
    });
    All(puts.collect()).await;
    outputs.into_iter().filter_map(Cell::into_inner).collect()
}

/// Ends when all of its futures have. One type for all of them, or each use would be a kilobyte of wasm.
struct All<'f>(Vec<Option<Pin<Box<dyn Future<Output = ()> + 'f>>>>);

impl Future for All<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut all = Poll::Ready(());
        for slot in &mut self.0 {
            match slot.as_mut().map(|future| future.as_mut().poll(context)) {
                Some(Poll::Pending) => all = Poll::Pending,
                Some(Poll::Ready(())) | None => *slot = None,
            }
        }
        all
    }
}

/// Runs both together.
pub async fn join<A, B>(a: impl Future<Output = A>, b: impl Future<Output = B>) -> (A, B) {
    let (mut a, mut b) = (pin!(a), pin!(b));
    let (mut of_a, mut of_b) = (Poll::Pending, Poll::Pending);
    poll_fn(|context| {
        if of_a.is_pending() {
            of_a = a.as_mut().poll(context);
        }
        if of_b.is_pending() {
            of_b = b.as_mut().poll(context);
        }
        match (
            std::mem::replace(&mut of_a, Poll::Pending),
            std::mem::replace(&mut of_b, Poll::Pending),
        ) {
            (Poll::Ready(a), Poll::Ready(b)) => Poll::Ready((a, b)),
            unfinished => {
                (of_a, of_b) = unfinished;
                Poll::Pending
            }
        }
    })
    .await
}

/// Work that was begun: what it asks for first is on its way while other work is waited for.
pub struct Begun<'f, T> {
    future: Pin<Box<dyn Future<Output = T> + 'f>>,
    output: Option<T>,
}

impl<'f, T> Begun<'f, T> {
    pub async fn new(future: impl Future<Output = T> + 'f) -> Self {
        let mut future: Pin<Box<dyn Future<Output = T> + 'f>> = Box::pin(future);
        let begin = poll_fn(|context| Poll::Ready(future.as_mut().poll(context)));
        let output = match begin.await {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        };
        Self { future, output }
    }

    /// Waits for its end, as often as it is asked for.
    pub async fn end(&mut self) -> &mut T {
        let Self { future, output } = self;
        match output {
            Some(output) => output,
            None => output.insert(future.as_mut().await),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::task::Waker;

    /// Pending for `turns` polls.
    async fn slow(name: usize, turns: usize, log: &RefCell<Vec<usize>>) -> usize {
        let mut left = turns;
        poll_fn(|_| {
            log.borrow_mut().push(name);
            left = left.saturating_sub(1);
            if left == 0 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        name
    }

    #[test]
    fn all_start_before_any_ends_and_outputs_keep_their_order() {
        let log = RefCell::new(vec![]);
        let mut joined = Box::pin(join_all((0..3).map(|n| slow(n, 3 - n, &log))));
        let mut context = Context::from_waker(Waker::noop());
        let mut turns = 0;
        let outputs = loop {
            turns += 1;
            if let Poll::Ready(outputs) = joined.as_mut().poll(&mut context) {
                break outputs;
            }
        };
        assert_eq!(outputs, [0, 1, 2]);
        assert_eq!(turns, 3);
        assert_eq!(*log.borrow(), [0, 1, 2, 0, 1, 0]);
    }

    #[test]
    fn two_run_together_and_each_is_polled_until_it_ends() {
        let log = RefCell::new(vec![]);
        let mut both = Box::pin(join(slow(0, 1, &log), slow(1, 2, &log)));
        let mut context = Context::from_waker(Waker::noop());
        assert!(both.as_mut().poll(&mut context).is_pending());
        assert_eq!(both.as_mut().poll(&mut context), Poll::Ready((0, 1)));
        assert_eq!(*log.borrow(), [0, 1, 1]);
    }

    #[test]
    fn work_that_was_begun_has_asked_and_is_there_when_it_is_waited_for() {
        let log = RefCell::new(vec![]);
        let mut context = Context::from_waker(Waker::noop());
        for turns in [1, 2] {
            log.borrow_mut().clear();
            let Poll::Ready(mut begun) = pin!(Begun::new(slow(7, turns, &log))).poll(&mut context)
            else {
                panic!("it does not wait");
            };
            assert_eq!(*log.borrow(), [7]);
            for _ in 0..2 {
                assert_eq!(pin!(begun.end()).poll(&mut context), Poll::Ready(&mut 7));
            }
            assert_eq!(log.borrow().len(), turns);
        }
    }

    #[test]
    fn nothing_to_await_is_ready() {
        let mut joined = Box::pin(join_all(Vec::<std::future::Ready<u8>>::new()));
        let polled = joined.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(polled, Poll::Ready(vec![]));
    }
}
