// Package doctor looks over an installation: the CRD, the controller, its rights, the mesh and
// what the Profiles say, and tells of each what is wrong and what to do. A check reads what
// it needs and hands it to a pure function that judges. A check that may not read something
// says so and leaves the others alone.
package doctor
