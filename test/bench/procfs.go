package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// clockTicks is how many ticks a second the times in /proc have; Linux promises this
// value to programs on every architecture that Go supports.
const clockTicks = 100

// processTimes are what /proc tells about the time of one process.
type processTimes struct {
	// cpu is the processor time it has used, in seconds.
	cpu float64
	// started is when it was started, in seconds since the machine was.
	started float64
}

func timesOf(pid int) (processTimes, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return processTimes{}, fmt.Errorf("read the times of process %d: %w", pid, err)
	}
	// The program's name stands in brackets and may hold anything, so count from its end.
	_, rest, _ := strings.Cut(string(content), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 20 {
		return processTimes{}, fmt.Errorf("read the times of process %d: the line is %q", pid, content)
	}
	var ticks [3]float64
	for i, field := range []string{fields[11], fields[12], fields[19]} {
		if ticks[i], err = strconv.ParseFloat(field, 64); err != nil {
			return processTimes{}, fmt.Errorf("read the times of process %d: %w", pid, err)
		}
	}
	return processTimes{cpu: (ticks[0] + ticks[1]) / clockTicks, started: ticks[2] / clockTicks}, nil
}

// sinceStart is how long ago a process was started, in seconds.
func sinceStart(pid int) (float64, error) {
	times, err := timesOf(pid)
	if err != nil {
		return 0, err
	}
	content, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return 0, fmt.Errorf("read the machine's uptime: %w", err)
	}
	first, _, _ := strings.Cut(string(content), " ")
	uptime, err := strconv.ParseFloat(first, 64)
	return uptime - times.started, err
}

// memoryOf returns the resident memory of a process and the most it ever was, in MiB.
func memoryOf(pid int) (now, peak float64, err error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, fmt.Errorf("read the memory of process %d: %w", pid, err)
	}
	for line := range strings.Lines(string(content)) {
		var kib float64
		if _, err := fmt.Sscanf(line, "VmRSS: %f kB", &kib); err == nil {
			now = kib / 1024
		}
		if _, err := fmt.Sscanf(line, "VmHWM: %f kB", &kib); err == nil {
			peak = kib / 1024
		}
	}
	return now, peak, nil
}

// machineCPU is the processor time that the whole machine has used, in seconds.
func machineCPU() (float64, error) {
	content, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, fmt.Errorf("read the machine's processor time: %w", err)
	}
	first, _, _ := strings.Cut(string(content), "\n")
	// user, nice, system, idle, iowait, irq, softirq, steal
	fields := strings.Fields(first)
	if len(fields) < 9 {
		return 0, fmt.Errorf("read the machine's processor time: the line is %q", first)
	}
	busy := 0.0
	for _, i := range []int{1, 2, 3, 6, 7, 8} {
		ticks, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			return 0, fmt.Errorf("read the machine's processor time: %w", err)
		}
		busy += ticks
	}
	return busy / clockTicks, nil
}
