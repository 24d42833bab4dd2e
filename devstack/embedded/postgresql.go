package embedded

import (
	"context"
	"fmt"

	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql"
	"go.temporal.io/server/tools/common/schema"
	sqltool "go.temporal.io/server/tools/sql"
)

// PostgreSQL is a PostgreSQL server that keeps the state of Temporal, in the databases temporal and
// temporal_visibility, as Temporal's own installations do.
type PostgreSQL struct {
	// Addr is its "host:port".
	Addr string
	// User may create the databases where they do not exist, and asks for no password.
	User string
}

const (
	// postgresShards is how many parts the history has: docker-compose.yml has 512, which are many for one process.
	postgresShards = 4
	// postgresConns is how many connections each service of Temporal opens at most to each database.
	postgresConns = 20
)

func (p PostgreSQL) store() store {
	return store{
		main: p.database("temporal"), visibility: p.database("temporal_visibility"), shards: postgresShards,
		createTables: p.createTables,
	}
}

// database is one database as the server is told of it.
func (p PostgreSQL) database(name string) *config.SQL {
	return &config.SQL{
		PluginName: postgresql.PluginName, ConnectAddr: p.Addr, ConnectProtocol: "tcp", User: p.User, DatabaseName: name,
		MaxConns: postgresConns, MaxIdleConns: postgresConns,
	}
}

// createTables does what `temporal-sql-tool` does by the script deploy/temporal/schema.sh, with the functions of that tool.
func (p PostgreSQL) createTables(context.Context) error {
	for name, kind := range map[string]string{"temporal": "temporal", "temporal_visibility": "visibility"} {
		if err := p.upgrade(name, kind); err != nil {
			return fmt.Errorf("database %s: %w", name, err)
		}
	}
	return nil
}

// upgrade creates a database where it does not exist, and brings its tables to the version of this server.
func (p PostgreSQL) upgrade(name, kind string) error {
	logger := log.NewNoopLogger()
	if err := sqltool.DoCreateDatabase(p.database(name), "", logger); err != nil {
		return err
	}
	conn, err := sqltool.NewConnection(p.database(name), logger)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := schema.NewSetupSchemaTask(conn, &schema.SetupConfig{InitialVersion: "0.0"}, logger).Run(); err != nil {
		return err
	}
	return schema.NewUpdateSchemaTask(conn, &schema.UpdateConfig{SchemaName: "postgresql/v12/" + kind}, logger).Run()
}
