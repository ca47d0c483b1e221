package main

import (
	"fmt"
	"io"
	"regexp"
	"strings"
)

// invite says how to go on by hand.
func invite(out io.Writer, running parts) {
	fmt.Fprintf(out, "\nEverything stays up until Ctrl-C. In another terminal:\n\n")
	for _, line := range append(awsLines(running.aws.Environment), "export KFAM_URL="+running.kfam.URL, exportLine(running.plane.Kubeconfig)) {
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
		{"kubectl edit profile " + ownerRoom, "give it another quota or owner: the room follows"},
		{"kubectl delete profile " + protectedRoom, "refused; the message says how to lift it"},
	} {
		fmt.Fprintf(out, "  %-89s # %s\n", suggestion[0], suggestion[1])
	}
	fmt.Fprintf(out, "\nThe controller logs to %s\n\n", running.controller.LogPath)
}

// awsLines are the shell commands that make the aws command and every SDK use the double
// of AWS.
func awsLines(environment []string) []string {
	lines := make([]string, len(environment))
	for i, variable := range environment {
		lines[i] = "export " + variable
	}
	return lines
}

// plainPath is what a shell takes as it stands.
var plainPath = regexp.MustCompile(`^[A-Za-z0-9_./@%+=:,-]+$`)

// exportLine is the shell command that makes kubectl use a kubeconfig.
func exportLine(kubeconfig string) string {
	if !plainPath.MatchString(kubeconfig) {
		kubeconfig = "'" + strings.ReplaceAll(kubeconfig, "'", `'\''`) + "'"
	}
	return "export KUBECONFIG=" + kubeconfig
}
