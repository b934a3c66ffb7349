import Glibc
import Synchronization

/// The threads on which all blocking work runs: C calls and waits never block Swift's own small pool.
///
/// A run has one pool of `workers` threads. Steps start on it and spread their work over it with `RunContext.map`.
public final class WorkerPool: TaskExecutor, Sendable {
  /// The number of threads: as many as were asked for, or fewer where there are fewer processors or the system gave no
  /// more; with 0 nothing would run.
  public let workers: Int
  private let queue = JobQueue()

  /// Threads at most: more than processors take memory and no less time. Two on a machine with one, so that work which
  /// waits for the disk leaves room for other.
  private static let most = max(2, sysconf(Int32(_SC_NPROCESSORS_ONLN)))

  /// Starts the threads; they end when the pool is released and its jobs are done.
  public init(workers: Int) {
    let wanted = max(1, min(workers, Self.most))
    var started = 0
    while started < wanted, queue.startThread() { started += 1 }
    self.workers = started
  }

  deinit { queue.close() }

  public func enqueue(_ job: consuming ExecutorJob) {
    queue.push(UnownedJob(job), for: asUnownedTaskExecutor())
  }
}

/// Jobs waiting for a thread.
private final class JobQueue: @unchecked Sendable {
  // Safe because `jobs` and `isClosed` are only touched with the mutex held.
  private var mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private var condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var jobs: [(UnownedJob, UnownedTaskExecutor)] = []
  private var head = 0
  private var isClosed = false

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  func push(_ job: UnownedJob, for executor: UnownedTaskExecutor) {
    pthread_mutex_lock(mutex)
    jobs.append((job, executor))
    pthread_cond_signal(condition)
    pthread_mutex_unlock(mutex)
  }

  func close() {
    pthread_mutex_lock(mutex)
    isClosed = true
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(mutex)
  }

  private func next() -> (UnownedJob, UnownedTaskExecutor)? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while head == jobs.count && !isClosed { pthread_cond_wait(condition, mutex) }
    guard head < jobs.count else { return nil }
    let job = jobs[head]
    head += 1
    if head == jobs.count {
      jobs.removeAll(keepingCapacity: true)
      head = 0
    }
    return job
  }

  /// Starts one thread more; false when the system refuses it.
  func startThread() -> Bool {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    // Codecs and PROJ recurse more than the small default of secondary threads in some environments allows.
    pthread_attr_setstacksize(&attributes, 8 << 20)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var thread = pthread_t()
    let holder = Unmanaged.passRetained(self)
    let status = pthread_create(
      &thread, &attributes,
      { raw in
        guard let raw else { return nil }
        let queue = Unmanaged<JobQueue>.fromOpaque(raw).takeRetainedValue()
        while let (job, executor) = queue.next() { job.runSynchronously(on: executor) }
        return nil
      }, holder.toOpaque())
    pthread_attr_destroy(&attributes)
    if status != 0 { holder.release() }
    return status == 0
  }
}

extension WorkerPool {
  /// Calls `body` for 0 ..< count on all workers and returns the results in order of their index.
  ///
  /// The first failure ends the others at their next index and is thrown.
  public func map<T: Sendable>(
    _ count: Int, cancellation: Cancellation, _ body: @escaping @Sendable (Int) throws -> T
  ) async throws -> [T] {
    if count == 0 { return [] }
    precondition(workers > 0, "work for a pool without threads")
    let next = SharedCounter()
    return try await withThrowingTaskGroup(of: [(Int, T)].self) { group in
      for _ in 0..<min(workers, count) {
        group.addTask(executorPreference: self) {
          var done: [(Int, T)] = []
          while true {
            try cancellation.check()
            let i = next.take()
            if i >= count { return done }
            do {
              done.append((i, try body(i)))
            } catch {
              next.stop()
              throw error
            }
          }
        }
      }
      var slots = [T?](repeating: nil, count: count)
      for try await part in group { for (i, value) in part { slots[i] = value } }
      try cancellation.check()
      let results = slots.compactMap { $0 }
      guard results.count == count else {
        throw FloeError("\(count - results.count) of \(count) pieces of work gave no result")
      }
      return results
    }
  }
}

private final class SharedCounter: Sendable {
  private let value = Atomic<Int>(0)
  func take() -> Int { value.wrappingAdd(1, ordering: .relaxed).oldValue }
  func stop() { value.store(Int.max / 2, ordering: .relaxed) }
}
