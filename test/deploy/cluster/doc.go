// Package cluster applies the overlays, alone and with components, to a real API server, has it
// judge the Deployment's pod by the Pod Security Standard restricted, and runs both programs with
// the Deployment's arguments under the ServiceAccount of the overlay.
package cluster
