package embedded

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	"github.com/google/uuid"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/schema/sqlite"
)

// databaseFile is the name of Temporal's database in a data directory; SQLite
// keeps its write-ahead log beside it.
const databaseFile = "temporal.db"

// sqliteStore keeps the state in a file in dataDir, or in memory when dataDir is empty.
func sqliteStore(dataDir string) (store, error) {
	db, err := database(dataDir)
	if err != nil {
		return store{}, err
	}
	return store{
		main: db, visibility: db, shards: 1, // SQLite writes one at a time anyway
		createTables: func(ctx context.Context) error {
			if dataDir == "" {
				return nil // a memory database gets its tables from the plugin on first use
			}
			return createTables(ctx, db)
		},
	}, nil
}

// database is how the server is told of it.
//
// The server never closes a database within a process: it pools connections by
// their settings. For a file that is harmless, because the connection is idle;
// a memory database lives as long as the process.
func database(dataDir string) (*config.SQL, error) {
	if dataDir == "" {
		return &config.SQL{
			PluginName:        sqliteplugin.PluginName,
			DatabaseName:      "slipway-" + uuid.NewString(),
			ConnectAttributes: map[string]string{"mode": "memory", "cache": "shared"},
		}, nil
	}
	path, err := filepath.Abs(filepath.Join(dataDir, databaseFile))
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	return &config.SQL{
		PluginName: sqliteplugin.PluginName,
		// The plugin pastes the name into a URI as it is.
		DatabaseName: (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath(),
		ConnectAttributes: map[string]string{
			"mode":         "rwc",
			"journal_mode": "wal",
			// With a write-ahead log this loses nothing when the process dies;
			// only a power cut could cost the last moments, never consistency.
			"synchronous": "normal",
		},
	}, nil
}

// createTables writes Temporal's schema in one transaction, so that a file
// holds all tables or none.
func createTables(ctx context.Context, cfg *config.SQL) (err error) {
	db, err := sql.Open("sqlite", "file:"+cfg.DatabaseName)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()

	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if rollback := tx.Rollback(); !errors.Is(rollback, sql.ErrTxDone) {
			err = errors.Join(err, rollback)
		}
	}()
	var tables int
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master").Scan(&tables); err != nil {
		return err
	}
	if tables > 0 {
		return nil
	}
	if err := sqlite.SetupSchemaOnDB(schemaWriter{exec: func(statement string, args ...any) error {
		_, err := tx.ExecContext(ctx, statement, args...)
		return err
	}}); err != nil {
		return err
	}
	return tx.Commit()
}

// schemaWriter is the part of an AdminDB that writing a schema needs.
type schemaWriter struct {
	sqlplugin.AdminDB

	exec func(statement string, args ...any) error
}

// Exec runs one statement of the schema.
func (w schemaWriter) Exec(statement string, args ...any) error { return w.exec(statement, args...) }
