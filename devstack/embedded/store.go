package embedded

import (
	"cmp"
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/schema/sqlite"
	"google.golang.org/protobuf/types/known/durationpb"
)

// store is where a Temporal server keeps its state.
type store struct {
	// main has workflows and namespaces, and visibility is what lists search. They may be one database.
	main, visibility *config.SQL
	// shards is the number of parts of the history, which is fixed for the life of a database.
	shards int32
	// createTables creates the tables where there are none. A process that dies in the middle leaves what the
	// next one finishes.
	createTables func(context.Context) error
}

// storeOf chooses the database.
func storeOf(cfg TemporalConfig) (store, error) {
	if cfg.PostgreSQL != nil {
		return cfg.PostgreSQL.store(), nil
	}
	return sqliteStore(cfg.DataDir)
}

// persistence is the part of a server's settings about its state.
func (s store) persistence() config.Persistence {
	const main, visibility = "main", "visibility"
	return config.Persistence{
		DefaultStore: main, VisibilityStore: visibility, NumHistoryShards: s.shards,
		DataStores: map[string]config.DataStore{main: {SQL: s.main}, visibility: {SQL: s.visibility}},
	}
}

// prepare creates the tables where there are none and the namespace where it does not exist yet.
func (s store) prepare(ctx context.Context, cfg TemporalConfig) error {
	if err := s.createTables(ctx); err != nil {
		return fmt.Errorf("create tables: %w", err)
	}
	attributes := map[string]enumspb.IndexedValueType{}
	for _, name := range cfg.Keywords {
		attributes[name] = enumspb.INDEXED_VALUE_TYPE_KEYWORD
	}
	// That the function is of a package of SQLite means nothing: it asks the plugin of the database.
	namespace, err := sqlite.NewNamespaceConfig(clusterName, cfg.namespace(), false, attributes)
	if err != nil {
		return fmt.Errorf("namespace %s: %w", cfg.namespace(), err)
	}
	namespace.Detail.Config.Retention = durationpb.New(cfg.retention())
	if err := sqlite.CreateNamespaces(s.main, namespace); err != nil {
		return fmt.Errorf("namespace %s: %w", cfg.namespace(), err)
	}
	return nil
}

func (c TemporalConfig) namespace() string { return cmp.Or(c.Namespace, "default") }

func (c TemporalConfig) retention() time.Duration { return cmp.Or(c.Retention, defaultRetention) }
