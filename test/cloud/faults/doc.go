// Package faults lets the doubles of clouds fail on command: refuse, be slow, show what was
// before, or drop the connection before or after they did what was asked for.
//
// A double has one Orders and asks it about each request that it recognized:
//
//	fault := s.orders.Decide(request)
//	fault.Serve(w, closing, do, refuse, answer)
//
// What a refusal looks like on the wire is the double's own.
package faults
