using System.CommandLine;
using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Grpc.Core;
using Skep.Bpf;
using Skep.Cli.Bpf;
using Skep.Cli.Doctor;
using Skep.Cli.Output;
using Skep.Tetragon.Api;

namespace Skep.Cli.Client;

/// <summary><c>skep debug</c>: what a report of a fault needs.</summary>
static class DebugCommand
{
    const UnixFileMode OwnersOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>An agent that does not answer is what the report is about.</summary>
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    public static Command Create() => new("debug", "Look for faults of an agent.") { CreateDump(), CreateLog() };

    static Command CreateDump()
    {
        var output = new Option<string>("--output", "-o")
        {
            Description = "The file to write, - for standard output; without, skep-debug-TIME.tar.gz here.", HelpName = "file|-", DefaultValueFactory = _ => "",
        };
        return new Command("dump", "Write version, options, messages, policies, statistics, processes, programs and maps of a running agent and the report of skep doctor into a .tar.gz. "
            + "It has no keys, but arguments of processes and texts of policies: look at it before you publish it.") { output }.DoesWithServer(async (address, parsed, cancellation) =>
        {
            var file = parsed.GetValue(output)!;
            if (file == "-" && Terminal.IsInteractive) throw new UserException("a dump is no text: send standard output somewhere, or name a file with --output");
            if (file.Length == 0) file = $"skep-debug-{DateTime.UtcNow:yyyyMMdd-HHmmss}.tar.gz";
            var dump = await Collect(address, cancellation);
            if (file == "-")
            {
                await using var standard = StandardOutput.Open();
                Write(standard, dump);
                return;
            }
            await using (var created = new FileStream(file, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnersOnly })) Write(created, dump);
            await Console.Error.WriteLineAsync($"skep: {file}: {dump.Count} files; look at it before you publish it");
        });
    }

    static Command CreateLog()
    {
        var level = new Argument<string?>("level") { Description = "info, or debug for a word about each connection and call.", Arity = ArgumentArity.ZeroOrOne };
        level.AcceptOnlyFromAmong("info", "debug");
        return new Command("log", "Show or set how much a running agent says about its own work.") { level }.Does(async (client, parsed, cancellation) =>
        {
            if (parsed.GetValue(level) is { Length: > 0 } wanted)
            {
                await client.Sensors.SetDebugAsync(
                    new SetDebugRequest { Flag = ConfigFlag.LogLevel, Level = wanted == "debug" ? LogLevel.Debug : LogLevel.Info }, cancellationToken: cancellation);
                return;
            }
            var present = await client.Sensors.GetDebugAsync(new GetDebugRequest { Flag = ConfigFlag.LogLevel }, cancellationToken: cancellation);
            Terminal.WriteLine(present.Level.ToString().ToLowerInvariant());
        });
    }

    static async Task<List<(string Name, byte[] Content)>> Collect(Func<string> address, CancellationToken cancellation)
    {
        var files = new List<(string, byte[])>();
        try
        {
            using var client = AgentClient.Find(address());
            try
            {
                var dump = await client.Agent.GetDebugDumpAsync(new GetDebugDumpRequest(), deadline: DateTime.UtcNow + s_patience, cancellationToken: cancellation);
                files.AddRange(dump.Files.Select(file => (file.Name, file.Content.ToByteArray())));
            }
            catch (RpcException error) when (!cancellation.IsCancellationRequested)
            {
                throw client.Explain(error);
            }
        }
        catch (UserException error)
        {
            // The more reason to report what can be seen from here.
            await Console.Error.WriteLineAsync($"skep: {error.Message}: only what can be seen without the agent is written");
            files.Add(("agent.txt", Encoding.UTF8.GetBytes(error.Message + "\n")));
        }
        AddKernel(files);
        files.Add(Written("doctor.json", Examination.Run(), Json.Default.DoctorReport));
        return files;
    }

    /// <summary>What the kernel has of all programs, as <c>skep bpf</c> lists it.</summary>
    static void AddKernel(List<(string, byte[])> files)
    {
        try
        {
            files.Add(Written("programs.json", ProgramCommand.ReadAll(), Json.Default.ListProgramRow));
            files.Add(Written("maps.json", MapCommand.ReadAll(), Json.Default.ListMapRow));
            files.Add(Written("links.json", LinkCommand.ReadAll(), Json.Default.ListLinkRow));
        }
        catch (BpfException error)
        {
            files.Add(("kernel.txt", Encoding.UTF8.GetBytes(error.Message + "\n")));
        }
    }

    static (string, byte[]) Written<T>(string name, T value, JsonTypeInfo<T> type) => (name, Encoding.UTF8.GetBytes(JsonSerializer.Serialize(value, type) + "\n"));

    static void Write(Stream output, List<(string Name, byte[] Content)> files)
    {
        using var compressed = new GZipStream(output, CompressionLevel.Optimal, leaveOpen: true);
        using var archive = new TarWriter(compressed, TarEntryFormat.Pax, leaveOpen: true);
        foreach (var (name, content) in files)
        {
            archive.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, $"skep-debug/{name}") { DataStream = new MemoryStream(content), Mode = OwnersOnly, ModificationTime = DateTimeOffset.UtcNow });
        }
    }
}
