package main

import "testing"

func TestExportLineSurvivesAShell(t *testing.T) {
	for path, want := range map[string]string{
		"/home/me/kubeconfig":         "export KUBECONFIG=/home/me/kubeconfig",
		"/home/my self/kubeconfig":    "export KUBECONFIG='/home/my self/kubeconfig'",
		"/home/me/$(id)'s `x`/config": `export KUBECONFIG='/home/me/$(id)'\''s ` + "`x`" + `/config'`,
	} {
		if got := exportLine(path); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
