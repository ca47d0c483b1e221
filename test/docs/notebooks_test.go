package docs

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// notebook is what version 4 of the format asks for
// (https://nbformat.readthedocs.io/en/latest/format_description.html).
type notebook struct {
	Format   int            `json:"nbformat"`
	Minor    *int           `json:"nbformat_minor"`
	Metadata map[string]any `json:"metadata"`
	Cells    []cell         `json:"cells"`
}

type cell struct {
	ID        string            `json:"id"`
	Type      string            `json:"cell_type"`
	Metadata  map[string]any    `json:"metadata"`
	Source    []string          `json:"source"`
	Outputs   []json.RawMessage `json:"outputs"`
	Execution *int              `json:"execution_count"`
}

var cellID = regexp.MustCompile(`^[a-zA-Z0-9-_]{1,64}$`)

// secrets are what must not be in a notebook: keys and tokens by their form, accounts, and ARNs,
// which name accounts.
var secrets = map[string]*regexp.Regexp{
	"an access key": regexp.MustCompile(`\b(AKIA|ASIA)[A-Z0-9]{16}\b`),
	"a token":       regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{10,}`),
	"a private key": regexp.MustCompile(`PRIVATE KEY`),
	"an account":    regexp.MustCompile(`\b[0-9]{12}\b`),
	"a secret key":  regexp.MustCompile(`(?i)(secret_access_key|password)["']?\s*[=:]\s*["'][^"']+["']`),
}

func TestEveryNotebook(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(root(t), "examples", "notebooks", "*.ipynb"))
	if err != nil || len(paths) < 2 {
		t.Fatalf("found the notebooks %q: %v", paths, err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, problem := range notebookProblems(text) {
			t.Errorf("%s: %s", filepath.Base(path), problem)
		}
	}
}

// notebookProblems lists what is wrong with a notebook.
func notebookProblems(text []byte) []string {
	var n notebook
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&n); err != nil {
		return []string{err.Error()}
	}
	var problems []string
	if n.Format != 4 || n.Minor == nil || *n.Minor < 5 || n.Metadata["kernelspec"] == nil || len(n.Cells) == 0 {
		problems = append(problems, "not of version 4.5 of the format, without a kernel, or empty")
	}
	ids := map[string]bool{}
	for _, c := range n.Cells {
		if !cellID.MatchString(c.ID) || ids[c.ID] || c.Metadata == nil || len(c.Source) == 0 || c.Type != "code" && c.Type != "markdown" {
			problems = append(problems, "the cell "+c.ID+" has no ID of its own, is empty, or of a kind that is not expected")
		}
		ids[c.ID] = true
		if len(c.Outputs) > 0 || c.Execution != nil {
			problems = append(problems, "the cell "+c.ID+" has outputs")
		}
	}
	for what, pattern := range secrets {
		if found := pattern.Find(text); found != nil {
			problems = append(problems, "it holds "+what)
		}
	}
	return problems
}

func TestNotebooksThatMustNotBePublished(t *testing.T) {
	const frame = `{"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": {}}, "cells": [
		{"id": "a", "cell_type": "code", "metadata": {}, "execution_count": COUNT, "outputs": [OUTPUT], "source": ["SOURCE"]}]}`
	fill := func(count, output, source string) []byte {
		return []byte(strings.NewReplacer("COUNT", count, "OUTPUT", output, "SOURCE", source).Replace(frame))
	}
	if problems := notebookProblems(fill("null", "", "print(1)")); problems != nil {
		t.Errorf("a good one has %q", problems)
	}
	for name, text := range map[string][]byte{
		"not JSON":     []byte("{"),
		"other format": []byte(`{"nbformat": 3}`),
		"output":       fill("null", `{"output_type": "stream"}`, "print(1)"),
		"was run":      fill("7", "", "print(1)"),
		"access key":   fill("null", "", "AKIAIOSFODNN7EXAMPLE"),
		"token":        fill("null", "", "eyJhbGciOiJSUzI1NiJ9"),
		"account":      fill("null", "", "arn:aws:iam::123456789012:role/x"),
		"password":     fill("null", "", `password = 'hunter2'`),
	} {
		if notebookProblems(text) == nil {
			t.Errorf("%s: nothing was found", name)
		}
	}
}
