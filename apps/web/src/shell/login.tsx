import { useMutation, useQueryClient } from "@tanstack/react-query";
import { LogIn } from "lucide-react";
import { type FormEvent, useId } from "react";
import { answer, api } from "../api/client.ts";
import { sessionQuery } from "../api/queries.ts";
import { Button } from "../design/button.tsx";
import { Failure } from "../design/states.tsx";
import { Mark } from "./mark.tsx";

/** Stands in place of every page until there is a session; where the link came to is kept. */
export function Login() {
  const client = useQueryClient();
  const id = useId();
  const login = useMutation({
    mutationFn: (token: string) => answer(api.POST("/session", { body: { token } })),
    onSuccess: async (session) => {
      client.setQueryData(sessionQuery.queryKey, session);
      await client.invalidateQueries();
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    login.mutate((new FormData(event.currentTarget).get("token") as string).trim());
  };
  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <form onSubmit={submit} className="w-full max-w-md space-y-4 rounded-lg border border-line bg-card p-7">
        <Mark />
        <div>
          <h1 className="text-2xl font-semibold tracking-tight">Control room</h1>
          <p className="mt-1 text-soft">
            This machine’s runs are behind a token. <code>chaos server</code> prints one, with a link that logs in by
            itself.
          </p>
        </div>
        <div>
          <label htmlFor={id} className="mb-1 block text-sm font-medium">
            Token
          </label>
          <input
            id={id}
            name="token"
            type="password"
            autoComplete="current-password"
            required
            autoFocus
            className="field"
          />
        </div>
        {login.error && <Failure error={login.error} />}
        <Button type="submit" look="primary" disabled={login.isPending} className="w-full">
          <LogIn aria-hidden className="size-4" /> {login.isPending ? "Logging in" : "Log in"}
        </Button>
      </form>
    </main>
  );
}
