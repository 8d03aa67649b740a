using System.Globalization;
using Skep.Engine.Processes;

namespace Skep.Falco.Events;

/// <summary>What <c>/proc</c> tells of a process that no record carries: proved by its start to be that process, and not the next one under its pid.</summary>
sealed class ProcessStatus
{
    static readonly ProcessStatus s_gone = new();

    /// <summary>Whether the process is still there.</summary>
    public bool Exists { get; private init; }

    /// <summary>How many threads it has.</summary>
    public ulong Threads { get; private init; }

    /// <summary>Bytes of its address space, in kilobytes.</summary>
    public ulong VirtualKilobytes { get; private init; }

    /// <summary>What of it is in memory, in kilobytes.</summary>
    public ulong ResidentKilobytes { get; private init; }

    public static ProcessStatus Read(ProcessInfo process)
    {
        try
        {
            var text = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Id.Pid}/stat"));
            // A name may hold blanks and parentheses.
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            var start = ulong.Parse(fields[19], CultureInfo.InvariantCulture) * ProcReader.TickNanoseconds;
            // Identities begin at an execution, which comes after the fork: another process under the pid would have been forked later still.
            if (start > process.Id.Start) return s_gone;
            return new ProcessStatus
            {
                Exists = true,
                Threads = ulong.Parse(fields[17], CultureInfo.InvariantCulture),
                VirtualKilobytes = ulong.Parse(fields[20], CultureInfo.InvariantCulture) / 1024,
                ResidentKilobytes = ulong.Parse(fields[21], CultureInfo.InvariantCulture) * (ulong)Environment.SystemPageSize / 1024,
            };
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FormatException or IndexOutOfRangeException or OverflowException)
        {
            return s_gone;
        }
    }
}
