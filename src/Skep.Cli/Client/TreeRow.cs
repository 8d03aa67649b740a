using Skep.Tetragon.Api;

namespace Skep.Cli.Client;

/// <summary>A process as <c>skep tree -o json</c> prints it.</summary>
sealed record TreeRow
{
    public required uint Pid { get; init; }
    public required string ExecId { get; init; }
    public required string ParentExecId { get; init; }
    public required string Binary { get; init; }
    public required string Arguments { get; init; }
    public required string WorkingDirectory { get; init; }
    public required uint Uid { get; init; }
    public required string StartTime { get; init; }
    public bool HasEnded { get; init; }
    public string? Container { get; init; }
    public string? ContainerName { get; init; }
    public string? Pod { get; init; }
    public string? UnknownBecause { get; init; }

    /// <summary>Policies that look at it; null of a process that has ended.</summary>
    public required IReadOnlyList<TreePolicy> Policies { get; init; }

    /// <summary>The kernel's answers to what policies ask about executables and pids, those to which all is no left out; null when it has not asked them yet.</summary>
    public IReadOnlyList<TreeAnswer>? Answers { get; init; }

    public static TreeRow From(TreeProcess node)
    {
        var process = node.Process;
        return new TreeRow
        {
            Pid = process.Pid ?? 0, ExecId = process.ExecId, ParentExecId = process.ParentExecId, Binary = process.Binary, Arguments = process.Arguments, WorkingDirectory = process.Cwd,
            Uid = process.Uid ?? 0, StartTime = process.StartTime?.ToDateTime().ToString("yyyy-MM-ddTHH:mm:ss.fffffffZ", System.Globalization.CultureInfo.InvariantCulture) ?? "", HasEnded = node.HasEnded,
            Container = Filled(process.Docker), ContainerName = Filled(node.ContainerName), Pod = process.Pod is { } pod ? $"{pod.Namespace}/{pod.Name}" : null, UnknownBecause = Filled(node.UnknownBecause),
            Policies = [.. node.Policies.Select(p => new TreePolicy(p.Name, Filled(p.Namespace), p.IsCertain))],
            Answers = node.HasAtoms ? [.. node.Atoms.Select(a => new TreeAnswer(a.Question, a.Holds, a.HoldsForParent, a.HoldsForAncestor))] : null,
        };
    }

    static string? Filled(string text) => text.Length > 0 ? text : null;
}

/// <summary>A policy that looks at a process.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Namespace">Its namespace.</param>
/// <param name="IsCertain">Whether what it asks about processes is met for certain.</param>
sealed record TreePolicy(string Name, string? Namespace, bool IsCertain);

/// <summary>How the kernel's record answers a question.</summary>
/// <param name="Question">What is asked.</param>
/// <param name="Holds">Of the process.</param>
/// <param name="HoldsForParent">Of its parent.</param>
/// <param name="HoldsForAncestor">Of an ancestor.</param>
sealed record TreeAnswer(string Question, bool Holds, bool HoldsForParent, bool HoldsForAncestor);
