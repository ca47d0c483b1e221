package main

import (
	"io"
	"strings"
	"testing"
	"time"
)

// TestRefusals gives each wrong flag and expects a sentence that says what to do.
func TestRefusals(t *testing.T) {
	for _, test := range []struct {
		args string
		want string
	}{
		{"-tag a:v1", "give at least one -package"},
		{"-tag a:v1 -package ./cmd/...", "does not name one program"},
		{"-tag a:v1 -package .", "does not name one program"},
		{"-tag a:v1 -package ./a/x -package ./b/x", "the second /x"},
		{"-tag a:v1 -package ./x -package ./y", "choose from x, y"},
		{"-tag a:v1 -package ./x -entrypoint z", "choose from x"},
		{"-tag a:v1 -package ./x -alias manager", "write NAME=PROGRAM, with a program out of x"},
		{"-tag a:v1 -package ./x -alias =x", "write NAME=PROGRAM"},
		{"-tag a:v1 -package ./x -alias bin/y=x", "write NAME=PROGRAM"},
		{"-tag a:v1 -package ./x -alias manager=y", "write NAME=PROGRAM"},
		{"-tag a:v1 -package ./x -alias x=x", "two /x in the image"},
		{"-tag a:v1 -package ./x -alias y=x -alias y=x", "two /y in the image"},
		{"-tag a:v1 -package ./x -platforms windows/amd64", "such as linux/amd64"},
		{"-tag a:v1 -package ./x -platforms linux", "such as linux/amd64"},
		{"-tag a:v1 -package ./x -platforms linux/amd64,linux/amd64", "listed twice"},
		{"-package ./x", "is not a NAME:TAG"},
		{"-tag A:v1 -package ./x", "is not a NAME:TAG"},
		{"-tag a -package ./x", "write a:TAG"},
		{"-tag localhost:5000/a -package ./x", "write localhost:5000/a:TAG"},
		{"-tag a:v1 -package ./x -output ..", "name one, such as dist/image"},
		{"-tag a:v1 -package ./x -source-date-epoch yesterday", "number of seconds"},
		{"-tag a:v1 ./x", "-package ./x"},
	} {
		t.Run(test.args, func(t *testing.T) {
			_, err := command(t, strings.Fields(test.args)...)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want one that says %q", err, test.want)
			}
		})
	}
}

// TestEpochOfTheEnvironment reads SOURCE_DATE_EPOCH, which the flag overrides.
func TestEpochOfTheEnvironment(t *testing.T) {
	environment := func(string) string { return "42" }
	for _, test := range []struct {
		args []string
		want int64
	}{
		{hello, 42},
		{append([]string{"-source-date-epoch", "7"}, hello...), 7},
	} {
		o, err := parseOptions(test.args, environment, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if !o.created.Equal(time.Unix(test.want, 0)) {
			t.Errorf("created is %s, want %d", o.created, test.want)
		}
	}
}

// TestEntrypointAmongSeveral accepts the name with and without its slash.
func TestEntrypointAmongSeveral(t *testing.T) {
	for _, entrypoint := range []string{"y", "/y"} {
		got, err := checkPrograms([]string{"./cmd/x", "./cmd/y"}, entrypoint)
		if err != nil || got != "y" {
			t.Errorf("entrypoint %s is %q, %v, want y", entrypoint, got, err)
		}
	}
}
