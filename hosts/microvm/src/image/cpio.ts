/** One entry of an archive that the kernel unpacks at boot. Folders have no content. */
export interface ArchiveEntry {
  readonly path: string;
  readonly mode: number;
  readonly content?: Uint8Array | string;
}

const folderType = 0o040000;
const fileType = 0o100000;

/** An archive in cpio's `newc` format, all of it root's. Archives may simply follow each other. */
export function packArchive(entries: readonly ArchiveEntry[]): Buffer {
  const named = entries.map(({ path, mode, content }, index) => {
    const type = content === undefined ? folderType : fileType;
    return record(path, index + 1, type | mode, Buffer.from(content ?? ""));
  });
  return Buffer.concat([...named, record("TRAILER!!!", 0, 0, Buffer.alloc(0))]);
}

function record(path: string, inode: number, mode: number, content: Buffer): Buffer {
  const name = Buffer.from(`${path}\0`);
  // inode, mode, uid, gid, links, mtime, size, device major and minor, the same of what it stands for, name, checksum
  const fields = [inode, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length, 0];
  const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`);
  return Buffer.concat([padded(Buffer.concat([header, name])), padded(content)]);
}

const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
