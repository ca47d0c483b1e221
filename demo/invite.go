package main

import (
	"fmt"
	"io"
	"regexp"
	"strings"
)

// invite says how to go on by hand.
func invite(out io.Writer, running parts, programs string) {
	fmt.Fprintf(out, "\nEverything stays up until Ctrl-C. In another terminal:\n\n")
	for _, line := range exports(running.aws.Environment, running.kfam.URL, programs, running.plane.Kubeconfig) {
		fmt.Fprintf(out, "  %s\n", line)
	}
	fmt.Fprintln(out)
	for _, suggestion := range [][2]string{
		{"kubectl get profiles", "one of them could not be carried out"},
		{"kubectl describe profile " + foreignRoom, "it says why, and what to do"},
		{"kubectl auth can-i get secrets -n " + neighborRoom + " --as " + ownerName, "no"},
		{"kubectl auth can-i create pods -n " + groupRoom + " --as " + memberName + " --as-group " + groupName, "yes"},
		{"kubectl get profile " + billingRoom + " -o jsonpath='{.status.identities}'", "what was bound outside the cluster"},
		{"aws iam get-role --role-name " + billingRoom, "its trust policy (the aws command, if you have it)"},
		{"curl -H 'kubeflow-userid: " + newcomerName + "' $KFAM_URL/kfam/v1/bindings", "what the dashboard shows to that user"},
		{"kubectl profile describe " + ownerRoom, "what it owns, what is used, and who works there"},
		{"kubectl profile access --user " + memberName + " --group " + groupName, "where they get in, and by which rule"},
		{"kubectl edit profile " + ownerRoom, "give it another quota or owner: the room follows"},
		{"kubectl delete profile " + protectedRoom, "refused; the message says how to lift it"},
	} {
		fmt.Fprintf(out, "  %-89s # %s\n", suggestion[0], suggestion[1])
	}
	fmt.Fprintf(out, "\nThe controller logs to %s\n\n", running.controller.LogPath)
}

// exports are the shell commands by which kubectl, kubectl profile, the aws command and curl find
// all that runs. programs is the folder with ours; whoever has a kubectl goes on using it.
func exports(aws []string, kfam, programs, kubeconfig string) []string {
	var lines []string
	for _, variable := range aws {
		lines = append(lines, "export "+variable)
	}
	return append(lines, "export KFAM_URL="+kfam, `export PATH="$PATH":`+quoted(programs), "export KUBECONFIG="+quoted(kubeconfig))
}

// plainPath is what a shell takes as it stands.
var plainPath = regexp.MustCompile(`^[A-Za-z0-9_./@%+=:,-]+$`)

// quoted is a path as a word of a shell command.
func quoted(path string) string {
	if plainPath.MatchString(path) {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
