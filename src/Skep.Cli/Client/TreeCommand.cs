using System.CommandLine;
using System.Globalization;
using System.Text;
using Skep.Cli.Output;
using Skep.Tetragon.Api;
using Skep.Tetragon.Export;

namespace Skep.Cli.Client;

/// <summary><c>skep tree</c>: the processes as the agent knows them, and which policies look at each.</summary>
static class TreeCommand
{
    public static Command Create()
    {
        var pid = new Argument<uint>("pid") { Description = "The process whose ancestors and descendants are shown; without, all.", Arity = ArgumentArity.ZeroOrOne, DefaultValueFactory = _ => 0 };
        var ended = new Option<bool>("--ended") { Description = "Also processes that have ended and are remembered." };
        var wide = new Option<bool>("--wide", "-w") { Description = "Print exec ids, and how the kernel answers what policies ask about executables and pids." };
        var format = CommonOptions.Format();
        return new Command("tree", "Show the processes that a running agent knows, and which of its policies look at each: nothing that they ask about processes rules it out.") { pid, ended, wide, format }
            .Does(async (client, parsed, cancellation) =>
            {
                var tree = await client.Agent.GetTreeAsync(new GetTreeRequest { Pid = parsed.GetValue(pid), WithEnded = parsed.GetValue(ended) }, cancellationToken: cancellation);
                var rows = tree.Processes.Select(TreeRow.From).OrderBy(row => row.StartTime, StringComparer.Ordinal).ThenBy(row => row.Pid).ToList();
                if (parsed.GetValue(format) == OutputFormat.Json) Json.Print(rows, Json.Default.ListTreeRow);
                else Print(rows, parsed.GetValue(wide));
            });
    }

    static void Print(List<TreeRow> rows, bool isWide)
    {
        var known = rows.Select(row => row.ExecId).ToHashSet(StringComparer.Ordinal);
        var children = rows.ToLookup(row => known.Contains(row.ParentExecId) && row.ParentExecId != row.ExecId ? row.ParentExecId : "");
        var users = new UserNames();
        var text = new StringBuilder();
        var printed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var root in children[""]) Print(text, root, "", "", children, users, isWide, printed);
        Console.Out.Write(text);
    }

    static void Print(StringBuilder text, TreeRow row, string lead, string below, ILookup<string, TreeRow> children, UserNames users, bool isWide, HashSet<string> printed)
    {
        if (!printed.Add(row.ExecId)) return;
        text.Append(lead).Append(CultureInfo.InvariantCulture, $"{row.Pid} {(row.Container is null ? users.Of(row.Uid) : row.Uid.ToString(CultureInfo.InvariantCulture))} ");
        if ((row.Pod ?? row.ContainerName ?? row.Container) is { } place) text.Append(CultureInfo.InvariantCulture, $"({place[..Math.Min(place.Length, 40)]}) ");
        text.Append(TerminalText.Of(row.Binary.Length > 0 ? row.Binary : "?"));
        if (row.Arguments.Length > 0) text.Append(' ').Append(TerminalText.Of(row.Arguments));
        if (row.HasEnded) text.Append(" [ended]");
        if (row.UnknownBecause is { } reason) text.Append(CultureInfo.InvariantCulture, $" [{reason}]");
        if (row.Policies.Count > 0) text.Append("  <- ").AppendJoin(", ", row.Policies.Select(p => $"{(p.Namespace is null ? "" : p.Namespace + "/")}{p.Name}{(p.IsCertain ? "" : "?")}"));
        text.Append('\n');
        var offspring = children[row.ExecId].ToList();
        if (isWide)
        {
            var detail = $"{below}{(offspring.Count > 0 ? "│ " : "  ")}  ";
            text.Append(CultureInfo.InvariantCulture, $"{detail}{row.ExecId}\n");
            if (row.Answers is null && row.Policies.Count > 0 && !row.HasEnded) text.Append(detail).Append("the kernel has not asked it anything yet\n");
            foreach (var answer in row.Answers ?? []) text.Append(CultureInfo.InvariantCulture, $"{detail}{answer.Question}: {Whose(answer)}\n");
        }
        for (var i = 0; i < offspring.Count; i++)
        {
            var isLast = i == offspring.Count - 1;
            Print(text, offspring[i], below + (isLast ? "└─ " : "├─ "), below + (isLast ? "   " : "│  "), children, users, isWide, printed);
        }
    }

    static string Whose(TreeAnswer answer) => string.Join(", ", new[] { answer.Holds ? "itself" : null, answer.HoldsForParent ? "its parent" : null, answer.HoldsForAncestor ? "an ancestor" : null }.OfType<string>());
}
