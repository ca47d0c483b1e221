package main

import (
	"fmt"
	"net"
)

// listenOnLoopback opens a free port that only this machine can reach. The open
// listener is handed on rather than its number, so that no other process can take
// the port in between.
func listenOnLoopback() (*net.TCPListener, error) {
	listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("open a free port on 127.0.0.1: %w", err)
	}
	return listener, nil
}

// portOf returns the port number a listener was given.
func portOf(listener *net.TCPListener) int {
	return listener.Addr().(*net.TCPAddr).Port
}
