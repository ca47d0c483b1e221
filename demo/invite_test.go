package main

import (
	"slices"
	"testing"
)

func TestQuotedSurvivesAShell(t *testing.T) {
	for path, want := range map[string]string{
		"/home/me/kubeconfig":         "/home/me/kubeconfig",
		"/home/my self/kubeconfig":    "'/home/my self/kubeconfig'",
		"/home/me/$(id)'s `x`/config": `'/home/me/$(id)'\''s ` + "`x`" + `/config'`,
	} {
		if got := quoted(path); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestExports(t *testing.T) {
	want := []string{"export AWS_REGION=us-east-1", "export KFAM_URL=http://127.0.0.1:1", `export PATH="$PATH":'/a b/bin'`, "export KUBECONFIG=/k"}
	if got := exports([]string{"AWS_REGION=us-east-1"}, "http://127.0.0.1:1", "/a b/bin", "/k"); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
