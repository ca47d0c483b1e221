// Package desired decides what a Profile owns. Every function is pure: from a
// Profile and the installation's settings to the objects as they should be. There
// is no client, context, clock, environment or log here, so each result can be read
// in a golden file.
package desired
