using System.Diagnostics;
using System.Globalization;
using Skep.Bpf;
using Skep.Engine.Compilation;
using Skep.Engine.Containers;
using Skep.Engine.Hooks;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Runtime;

namespace Skep.Engine.Bench;

/// <summary>Time to ready and its parts; with a built skep the whole of it, and its memory while another process executes programs.</summary>
static class StartBench
{
    const int Rounds = 5;
    static readonly TimeSpan s_load = TimeSpan.FromSeconds(10);

    public static int Run(string? skep)
    {
        Console.WriteLine("| part | first, ms | median of the next, ms |");
        Console.WriteLine("|---|---|---|");
        Print("the kernel's types", () => _ = Btf.Kernel);
        Print("read the engine's object", () => KernelObjects.Engine());
        var resolver = new HookResolver(Btf.Kernel);
        Print("compile and link", () =>
        {
            var engine = KernelObjects.Engine();
            var writer = new GenerationWriter(GenerationPlan.Create([], resolver, bestEffort: true), new KernelLayout(engine.Btf!, 1), Btf.Kernel, new AtomTable(1024));
            new ObjectLinker("skep").Add(writer.Write()).Add(engine).Link();
        });
        Print("read processes of the host", () =>
        {
            using var containers = new ContainerCatalogue();
            var proc = new ProcReader();
            ProcessSeeder.Seed(new ProcessTree(new ProcessTreeOptions(), containers, proc), proc, containers);
        });
        Print("all: start, and stop", () => SkepEngine.Start(new EngineOptions(), new Deaf()).Dispose());
        if (skep is null) return 0;

        Console.WriteLine();
        Console.WriteLine("| skep run | ready after, ms | resident, MB | at most, MB | executions |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach (var policies in (int[])[0, 100]) Observe(skep, policies);
        return 0;
    }

    static void Print(string part, Action action)
    {
        var times = new List<double>();
        for (var i = 0; i <= Rounds; i++)
        {
            var started = Stopwatch.GetTimestamp();
            action();
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {part} | {times[0]:F1} | {times.Skip(1).Order().ElementAt(Rounds / 2):F1} |"));
    }

    static void Observe(string skep, int policies)
    {
        var folder = Directory.CreateTempSubdirectory("skep-bench-");
        try
        {
            for (var i = 0; i < policies; i++) File.WriteAllText(Path.Combine(folder.FullName, $"p{i}.yaml"), Policy(i));
            var start = new ProcessStartInfo(skep, ["run", "-o", "json", "--state-directory", "none", .. policies > 0 ? new[] { "-f", folder.FullName } : []]) { RedirectStandardOutput = true, RedirectStandardError = true };
            var started = Stopwatch.GetTimestamp();
            using var agent = Process.Start(start)!;
            var discarded = agent.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
            while (agent.StandardError.ReadLine() is { } line)
            {
                if (line.Contains("ready", StringComparison.Ordinal)) break;
                Console.Error.WriteLine(line);
            }
            var ready = Stopwatch.GetElapsedTime(started);
            var messages = agent.StandardError.ReadToEndAsync();
            var executions = 0;
            using (var load = new Load(Environment.ProcessorCount - 1))
            {
                for (var begun = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begun) < s_load; executions += 100) load.Run("exec", 100);
            }
            var status = File.ReadAllLines($"/proc/{agent.Id}/status");
            Process.Start("kill", ["-INT", agent.Id.ToString(CultureInfo.InvariantCulture)]).WaitForExit();
            agent.WaitForExit();
            discarded.Wait();
            Console.Error.WriteLine(messages.Result.TrimEnd());
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {policies} policies | {ready.TotalMilliseconds:F0} | {Megabytes("VmRSS:")} | {Megabytes("VmHWM:")} | {executions} |"));

            long Megabytes(string field) => long.Parse(status.First(l => l.StartsWith(field, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    static string Policy(int i) => string.Create(CultureInfo.InvariantCulture, $$"""
        apiVersion: cilium.io/v1alpha1
        kind: TracingPolicy
        metadata:
          name: p{{i}}
        spec:
          kprobes:
          - call: "sys_openat"
            syscall: true
            args:
            - {index: 0, type: "int"}
            - {index: 1, type: "string"}
            selectors:
            - matchArgs:
              - index: 1
                operator: "Prefix"
                values: ["/nowhere/package-{{i}}/"]
        """);

    sealed class Deaf : IEngineListener
    {
        public void OnExec(ProcessInfo process, ulong time, uint tid, ReadOnlySpan<ProcessMatch> matches)
        {
        }

        public void OnExit(ProcessInfo process, ulong time, uint tid, uint status, ReadOnlySpan<ProcessMatch> matches)
        {
        }

        public void OnHook(in HookEvent hookEvent)
        {
        }

        public void OnBatch()
        {
        }
    }
}
