/** What the errors of MariaDB and MySQL mean to a caller. https://mariadb.com/kb/en/mariadb-error-code-reference/ */
import type { FailureTable } from '../sql/failure.js';

export const MYSQL_FAILURES: FailureTable = {
  ER_ACCESS_DENIED_ERROR: ['STORE_DENIED', 'the server refused the password or the user'],
  ER_ACCESS_DENIED_NO_PASSWORD_ERROR: ['STORE_DENIED', 'the server refused the user without a password'],
  ER_HOST_NOT_PRIVILEGED: ['STORE_DENIED', 'the server lets nobody in from this machine'],
  ER_HOST_IS_BLOCKED: [
    'STORE_DENIED',
    'the server blocks this machine after many failures. Run there: mysqladmin flush-hosts',
  ],
  ER_DBACCESS_DENIED_ERROR: ['STORE_DENIED', 'this user may not use the database. Grant it'],
  ER_TABLEACCESS_DENIED_ERROR: ['STORE_DENIED', 'this user may not do that with the tables. Grant it'],
  ER_SPECIFIC_ACCESS_DENIED_ERROR: ['STORE_DENIED', 'this user may not do that. Grant it'],
  ER_OPTION_PREVENTS_STATEMENT: ['STORE_DENIED', 'the server is read-only. Use the primary server'],
  ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION: ['STORE_DENIED', 'the server is read-only. Use the primary server'],
  ER_BAD_DB_ERROR: ['STORE_MISSING', 'the server has no such database'],
  ER_NO_SUCH_TABLE: ['STORE_MISSING', 'the tables are not there'],
  ER_DISK_FULL: ['STORE_FULL', 'no space is left on the disk of the server'],
  ER_RECORD_FILE_FULL: ['STORE_FULL', 'the table is full'],
  ER_CON_COUNT_ERROR: ['STORE_UNAVAILABLE', 'the server has no connection left. Raise its max_connections'],
  ER_LOCK_WAIT_TIMEOUT: ['STORE_UNAVAILABLE', 'somebody else keeps the value locked. Nothing was changed'],
  ER_LOCK_DEADLOCK: ['STORE_UNAVAILABLE', 'writers waited for each other. Nothing was changed'],
  ER_BINLOG_STMT_MODE_AND_ROW_ENGINE: [
    'UNSUPPORTED',
    'the server runs with binlog_format = STATEMENT. Set it to ROW or MIXED',
  ],
};
