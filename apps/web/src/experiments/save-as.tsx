import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useId } from "react";
import { machineQuery } from "../api/queries.ts";
import { Button } from "../design/button.tsx";

/** Asks for a name, inside one of the folders the server was given. */
export function SaveAs({
  busy,
  onSave,
  onCancel,
}: {
  busy: boolean;
  onSave: (file: string) => void;
  onCancel: () => void;
}) {
  const id = useId();
  const { data } = useQuery(machineQuery);
  const folders = data?.folders ?? [];
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const words = new FormData(event.currentTarget);
    const [folder, name] = ["folder", "name"].map((key) => (words.get(key) as string).trim()) as [string, string];
    onSave(`${folder}/${/\.ya?ml$/.test(name) ? name : `${name}.yaml`}`);
  };
  return (
    <form onSubmit={submit} className="mb-4 flex flex-wrap items-end gap-2 rounded-lg border border-line bg-card p-4">
      <div className="basis-40 grow">
        <label htmlFor={`${id}-folder`} className="mb-1 block text-sm font-medium">
          Folder
        </label>
        <select id={`${id}-folder`} name="folder" className="field">
          {folders.map((folder) => (
            <option key={folder}>{folder}</option>
          ))}
        </select>
      </div>
      <div className="basis-56 grow-3">
        <label htmlFor={`${id}-name`} className="mb-1 block text-sm font-medium">
          File name
        </label>
        <input
          id={`${id}-name`}
          name="name"
          required
          autoFocus
          placeholder="checkout-under-siege.yaml"
          className="field"
        />
      </div>
      <Button type="submit" look="primary" disabled={busy || folders.length === 0}>
        Save
      </Button>
      <Button look="bare" onClick={onCancel}>
        Not now
      </Button>
    </form>
  );
}
