package main

import (
	"os"
	"runtime"
	"time"
)

// usage is what happened between the start and the stop of a meter, in seconds.
type usage struct {
	wall float64
	// cpu is the processor time of each process.
	cpu map[int]float64
	// others is the share of the machine's processors that programs took which are no
	// part of the measurement, from 0 to 1. A figure with much of it is worth little.
	others float64
}

// meter measures the time that passes and the processor time of some processes.
type meter struct {
	began   time.Time
	machine float64
	before  map[int]float64
}

// startMeter starts to measure. This program itself is always part of it.
func startMeter(pids ...int) (*meter, error) {
	m := &meter{before: map[int]float64{}}
	for _, pid := range append(pids, os.Getpid()) {
		times, err := timesOf(pid)
		if err != nil {
			return nil, err
		}
		m.before[pid] = times.cpu
	}
	var err error
	m.machine, err = machineCPU()
	m.began = time.Now()
	return m, err
}

func (m *meter) stop() (usage, error) {
	u := usage{wall: time.Since(m.began).Seconds(), cpu: map[int]float64{}}
	machine, err := machineCPU()
	if err != nil {
		return u, err
	}
	others := machine - m.machine
	for pid, before := range m.before {
		times, err := timesOf(pid)
		if err != nil {
			return u, err
		}
		u.cpu[pid] = times.cpu - before
		others -= u.cpu[pid]
	}
	u.others = max(0, others/u.wall/float64(runtime.NumCPU()))
	return u, nil
}

// all is the processor time of everything that is part of the measurement.
func (u usage) all() float64 {
	sum := 0.0
	for _, seconds := range u.cpu {
		sum += seconds
	}
	return sum
}
