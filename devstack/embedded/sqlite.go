package embedded

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/schema/sqlite"
	"google.golang.org/protobuf/types/known/durationpb"
)

// databaseFile is the name of Temporal's database in a data directory; SQLite
// keeps its write-ahead log beside it.
const databaseFile = "temporal.db"

// database is Temporal's persistence settings: a file in dataDir, or memory
// when dataDir is empty.
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

// prepareDatabase creates the tables where there are none and the namespace
// where it does not exist yet. Both survive a process that dies in the middle.
func prepareDatabase(ctx context.Context, db *config.SQL, cfg TemporalConfig) error {
	// A memory database gets its tables from the plugin on first use.
	if cfg.DataDir != "" {
		if err := createTables(ctx, db); err != nil {
			return fmt.Errorf("create tables: %w", err)
		}
	}
	attributes := map[string]enumspb.IndexedValueType{}
	for _, name := range cfg.Keywords {
		attributes[name] = enumspb.INDEXED_VALUE_TYPE_KEYWORD
	}
	namespace, err := sqlite.NewNamespaceConfig(clusterName, cfg.namespace(), false, attributes)
	if err != nil {
		return fmt.Errorf("namespace %s: %w", cfg.namespace(), err)
	}
	namespace.Detail.Config.Retention = durationpb.New(cfg.retention())
	if err := sqlite.CreateNamespaces(db, namespace); err != nil {
		return fmt.Errorf("namespace %s: %w", cfg.namespace(), err)
	}
	return nil
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

func (c TemporalConfig) namespace() string { return cmp.Or(c.Namespace, "default") }

func (c TemporalConfig) retention() time.Duration { return cmp.Or(c.Retention, defaultRetention) }
