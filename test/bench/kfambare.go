package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// bareServerCommand is the argument with which this program starts itself as a bare server.
const bareServerCommand = "bare-server"

// bareServer is the yardstick of the access API: a process of its own that writes answers
// which it got ready-made, and does nothing else.
type bareServer struct {
	address string
	command *exec.Cmd
	// stdin keeps it alive while it is open.
	stdin io.Closer
}

// startBareServer starts this program again as a server of these answers, by query.
func startBareServer(ctx context.Context, folder string, answers map[string][]byte) (*bareServer, error) {
	content, err := json.Marshal(answers)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(folder, "answers.json")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		return nil, err
	}
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	b := &bareServer{command: exec.CommandContext(ctx, program, bareServerCommand, file)}
	b.command.Stderr = os.Stderr
	if b.stdin, err = b.command.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := b.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := b.command.Start(); err != nil {
		return nil, fmt.Errorf("start the bare server: %w", err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the bare server does not say where it listens: %w", err), b.stop())
	}
	b.address = "http://" + strings.TrimSpace(line)
	return b, nil
}

func (b *bareServer) pid() int { return b.command.Process.Pid }

// stop closes its standard input, at whose end it ends.
func (b *bareServer) stop() error { return errors.Join(b.stdin.Close(), b.command.Wait()) }

// serveBare is the bare server: it prints its address and serves until input ends.
func serveBare(file string, input io.Reader, output io.Writer) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var answers map[string][]byte
	if err := json.Unmarshal(content, &answers); err != nil {
		return fmt.Errorf("%s has no answers: %w", file, err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintln(output, listener.Addr())
	server := &http.Server{Handler: bareHandler(answers)}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	_, _ = io.Copy(io.Discard, input)
	if err := errors.Join(server.Close(), <-ended); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func bareHandler(answers map[string][]byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(answers[r.URL.RawQuery])
	})
}

// checkAnswer wants as many bindings as the user has, so that no empty answers are measured.
func checkAnswer(answer []byte, user string, want int) error {
	var list struct {
		Bindings []struct {
			User struct{ Name string }
		}
	}
	if err := json.Unmarshal(answer, &list); err != nil {
		return fmt.Errorf("the answer to %s is no list of bindings: %w", user, err)
	}
	own := 0
	for _, b := range list.Bindings {
		if b.User.Name == user {
			own++
		}
	}
	if own != want || len(list.Bindings) != want {
		return fmt.Errorf("the answer to %s has %d bindings, %d of them theirs, and should have %d", user, len(list.Bindings), own, want)
	}
	return nil
}
