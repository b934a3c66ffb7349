"""What a scheduler costs against the length of a chunk: a simulation, for docs/scale.md.

Scenes are dealt to jobs in chunks; a job waits for a free core, pays its start (scheduler, Toil's worker, floe's plan)
and then runs its scenes one after the other. The leader can hand out only so many jobs a second. Machines take jobs
away now and then: such a job starts anew. Prints wall time beside the ideal (all cores busy with scenes alone), and the
share of core seconds that is spent on starts and on work that is done again.

Usage: python3 scheduling.py [--scenes N] [--cores N] [--scene SECONDS] [--start SECONDS] [--rate JOBS/S] [--loss PER_HOUR]
"""
import argparse
import heapq
import math
import random


def simulate(scenes, cores, scene, start, rate, loss, length, seed):
    """Wall seconds, core seconds on starts, core seconds lost, jobs that were started."""
    random.seed(seed)
    # Scenes differ: clouds and land cost less, a slow disk more. Lognormal with a tenth of standard deviation.
    sigma = 0.1
    times = [scene * math.exp(random.gauss(-sigma * sigma / 2, sigma)) for _ in range(scenes)]
    waiting = [times[i:i + length] for i in range(0, scenes, length)]
    waiting.reverse()
    free = [0.0] * cores
    heapq.heapify(free)
    issued = starts = lost = end = 0.0
    jobs = 0
    while waiting:
        job = waiting.pop()
        issued = max(issued, heapq.heappop(free)) if rate == 0 else max(issued + 1 / rate, heapq.heappop(free))
        work = start + sum(job)
        jobs += 1
        death = random.expovariate(loss / 3600) if loss > 0 else math.inf
        if death < work:
            lost += death
            heapq.heappush(free, issued + death)
            waiting.append(job)
            continue
        starts += start
        end = max(end, issued + work)
        heapq.heappush(free, issued + work)
    return end, starts, lost, jobs


def main():
    read = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    read.add_argument("--scenes", type=int, default=1000)
    read.add_argument("--cores", type=int, default=100)
    read.add_argument("--scene", type=float, default=75, help="core seconds of a scene")
    read.add_argument("--start", type=float, default=8, help="core seconds of a job beside its scenes")
    read.add_argument("--rate", type=float, default=5, help="jobs that the leader hands out in a second; 0 for any number")
    read.add_argument("--loss", type=float, default=0.02, help="jobs that are taken away, per core and hour")
    read.add_argument("--seed", type=int, default=1)
    a = read.parse_args()
    ideal = a.scenes * a.scene / a.cores
    print(f"{a.scenes} scenes of {a.scene:g} s on {a.cores} cores: {ideal:.0f} s at best\n")
    print("| scenes of a job | jobs | wall s | wall to the best | starts, % | done again, % |")
    print("|---|---|---|---|---|---|")
    for length in (1, 2, 5, 10, 25, 50, 100, 250):
        if length * a.cores > 4 * a.scenes and length > 10:
            continue
        wall, starts, lost, jobs = simulate(a.scenes, a.cores, a.scene, a.start, a.rate, a.loss, length, a.seed)
        used = a.scenes * a.scene
        print(f"| {length} | {jobs} | {wall:.0f} | {wall / ideal:.2f} | {100 * starts / used:.1f} | {100 * lost / used:.1f} |")


if __name__ == "__main__":
    main()
