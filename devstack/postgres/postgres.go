package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"go.temporal.io/server/common/testing/freeport"
)

// ErrNotInstalled tells that the machine has no PostgreSQL server.
var ErrNotInstalled = errors.New("no PostgreSQL server is installed; on Debian: apt-get install postgresql")

// User is who all databases belong to, and whom clients are. There is no password.
const User = "temporal"

const host = "127.0.0.1"

// The times within which a server answers its first question, and ends when it is asked to.
const (
	startTime = time.Minute
	stopTime  = 30 * time.Second
	// askEvery is the pause between two questions to a starting server.
	askEvery = 50 * time.Millisecond
)

// Server is a running PostgreSQL server.
type Server struct {
	programs programs
	account  account
	port     int
	// data is the directory with the databases, and temporary the one that Close removes; it may be empty.
	data, temporary string
	process         *exec.Cmd
	// log is the file with the lines of the server.
	log   *os.File
	ended chan struct{}
	close func() error
}

// Start starts a server on a directory that it has made before, or that [Server.Backup] has written. Where dir is
// empty or does not exist, the server gets a new one. ctx bounds the start only; Close ends the server.
func Start(ctx context.Context, dir string) (*Server, error) {
	s, err := start(ctx, dir)
	if err != nil {
		return nil, fmt.Errorf("start postgres: %w", err)
	}
	return s, nil
}

func start(ctx context.Context, dir string) (_ *Server, err error) {
	s := &Server{port: freeport.MustGetFreePort(), ended: make(chan struct{}), data: dir}
	if s.programs, err = findPrograms(); err != nil {
		return nil, err
	}
	if s.account, err = findAccount(); err != nil {
		return nil, err
	}
	if dir == "" {
		if s.temporary, err = os.MkdirTemp("", "slipway-postgres-"); err != nil {
			return nil, err
		}
		s.data = filepath.Join(s.temporary, "data")
		if err := s.account.own(s.temporary); err != nil {
			return nil, errors.Join(err, os.RemoveAll(s.temporary))
		}
	}
	if err := s.launch(ctx); err != nil {
		return nil, errors.Join(err, s.clean())
	}
	s.close = sync.OnceValue(s.stop)
	if err := s.await(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// launch creates the databases where there are none, and starts the server.
func (s *Server) launch(ctx context.Context) error {
	_, err := os.Stat(filepath.Join(s.data, "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		err = s.run(ctx, "initdb", "--pgdata", s.data, "--username", User, "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync")
	}
	if err != nil {
		return err
	}
	settings := []string{
		"listen_addresses=" + host, "port=" + strconv.Itoa(s.port), "unix_socket_directories=", "fsync=off",
		"max_connections=200", "log_min_messages=warning",
	}
	arguments := []string{"-D", s.data}
	for _, setting := range settings {
		arguments = append(arguments, "-c", setting)
	}
	if s.log, err = os.CreateTemp("", "slipway-postgres-*.log"); err != nil {
		return err
	}
	s.process = s.command(context.WithoutCancel(ctx), "postgres", arguments...)
	s.process.Stdout, s.process.Stderr = s.log, s.log
	if err := s.process.Start(); err != nil {
		return err
	}
	go func() {
		defer close(s.ended)
		_ = s.process.Wait() // how it has ended is in its log
	}()
	return nil
}

// await returns once the server takes connections.
func (s *Server) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startTime, fmt.Errorf("not ready within %s", startTime))
	defer cancel()
	ticker := time.NewTicker(askEvery)
	defer ticker.Stop()
	for {
		err := s.run(ctx, "pg_isready", s.where()...)
		if err == nil {
			return nil
		}
		select {
		case <-s.ended:
			return fmt.Errorf("the server has ended:\n%s", s.lines())
		case <-ctx.Done():
			return fmt.Errorf("%w; its lines:\n%s", context.Cause(ctx), s.lines())
		case <-ticker.C:
		}
	}
}

// where are the arguments with which PostgreSQL's programs reach the server.
func (s *Server) where() []string {
	return []string{"--host", host, "--port", strconv.Itoa(s.port), "--username", User}
}

// Dir is the directory with the databases.
func (s *Server) Dir() string { return s.data }

// Addr is the "host:port" that clients connect to.
func (s *Server) Addr() string { return net.JoinHostPort(host, strconv.Itoa(s.port)) }

// Env is what PostgreSQL's own programs, such as psql and pg_basebackup, need in their environment to reach the server.
func (s *Server) Env() map[string]string {
	return map[string]string{"PGHOST": host, "PGPORT": strconv.Itoa(s.port), "PGUSER": User}
}

// Backup writes all databases as they are at one moment into dir, which must be empty or not exist. [Start] starts
// another server on it.
func (s *Server) Backup(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := s.account.own(dir); err != nil {
		return err
	}
	arguments := append(s.where(), "--pgdata", dir, "--checkpoint", "fast", "--wal-method", "stream", "--no-sync")
	return s.run(ctx, "pg_basebackup", arguments...)
}

// Close ends the server as an operator does who does not wait for clients, and waits for its end. Closing twice is
// closing once.
func (s *Server) Close() error { return s.close() }

func (s *Server) stop() error {
	err := s.process.Process.Signal(syscall.SIGINT)
	if errors.Is(err, os.ErrProcessDone) {
		err = fmt.Errorf("postgres has ended by itself:\n%s", s.lines())
	}
	late := time.NewTimer(stopTime)
	defer late.Stop()
	select {
	case <-s.ended:
	case <-late.C:
		err = errors.Join(err, fmt.Errorf("postgres has not ended within %s and is killed:\n%s", stopTime, s.lines()), s.process.Process.Kill())
		<-s.ended
	}
	return errors.Join(err, s.clean())
}

// clean removes what the server leaves in temporary directories.
func (s *Server) clean() error {
	var problems []error
	if s.log != nil {
		problems = append(problems, s.log.Close(), os.Remove(s.log.Name()))
	}
	if s.temporary != "" {
		problems = append(problems, os.RemoveAll(s.temporary))
	}
	return errors.Join(problems...)
}

// lines are those of the server, which warns and tells errors only.
func (s *Server) lines() []byte {
	lines, err := os.ReadFile(s.log.Name())
	if err != nil {
		return []byte(err.Error())
	}
	return lines
}

// run runs a program of PostgreSQL to its end.
func (s *Server) run(ctx context.Context, name string, arguments ...string) error {
	out, err := s.command(ctx, name, arguments...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, bytes.TrimSpace(out))
	}
	return nil
}

// command is a program of PostgreSQL, of the account of the server.
func (s *Server) command(ctx context.Context, name string, arguments ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, s.programs[name], arguments...)
	cmd.Dir = filepath.Dir(s.data) // an account of its own need not be able to enter where this process is
	cmd.Env = []string{"LC_ALL=C.UTF-8"}
	cmd.SysProcAttr = s.account.attributes()
	return cmd
}

// programs are the paths of PostgreSQL's programs.
type programs map[string]string

// findPrograms looks on PATH, and where Debian has what belongs to a server.
func findPrograms() (programs, error) {
	folders, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return nil, err
	}
	slices.Reverse(folders) // the newest first
	found := programs{}
	for _, name := range []string{"initdb", "postgres", "pg_isready", "pg_basebackup"} {
		path, err := exec.LookPath(name)
		for _, folder := range folders {
			if err == nil {
				break
			}
			path, err = exec.LookPath(filepath.Join(folder, name))
		}
		if err != nil {
			return nil, fmt.Errorf("%w (%s is missing)", ErrNotInstalled, name)
		}
		found[name] = path
	}
	return found, nil
}
