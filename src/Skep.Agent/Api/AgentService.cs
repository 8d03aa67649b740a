using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Skep.Agent.Policies;
using Skep.Engine.Processes;
using Skep.Engine.Runtime;
using Skep.Tetragon.Api;

namespace Skep.Agent.Api;

/// <summary>Skep's own service: what Tetragon's has no words for.</summary>
sealed class AgentService(AgentControl control, MessageLog messages)
{
    public async Task<GetStatusResponse> GetStatus() => StatusMessages.From(await control.Status());

    public async Task<GetTreeResponse> GetTree(GetTreeRequest request)
    {
        // The engine's thread only hands out; what takes time is done here.
        var (processes, questions) = await control.Ask(engine => (Choose(engine.Processes, request), engine.AskProcesses()));
        var response = new GetTreeResponse { Questions = (uint)(questions?.Questions.Count ?? 0) };
        var printer = new ProcessMessages(control.Export);
        foreach (var process in processes) response.Processes.Add(Describe(process, printer, questions));
        return response;
    }

    public async Task<GetPolicyStatisticsResponse> GetPolicyStatistics(GetPolicyStatisticsRequest request)
    {
        var (policies, engine) = await control.Account();
        foreach (var name in request.Names)
        {
            if (!policies.Any(p => p.Stored.Policy.Name == name)) throw new RpcException(new Status(StatusCode.NotFound, $"there is no policy '{name}'"));
        }
        var response = new GetPolicyStatisticsResponse { Received = (ulong)engine.Received, Malformed = (ulong)engine.Malformed, Orphaned = (ulong)engine.Orphaned };
        foreach (var policy in policies.Where(p => request.Names.Count == 0 || request.Names.Contains(p.Stored.Policy.Name))) response.Policies.Add(Statistics(policy));
        var hooks = response.Policies.SelectMany(p => p.Rules).Select(r => r.Hook).ToHashSet(StringComparer.Ordinal);
        response.Hooks.AddRange(engine.Hooks.Where(h => request.Names.Count == 0 || hooks.Contains(h.Hook)).Select(hook => new HookProgramStatistics
        {
            Hook = hook.Hook, Runs = (ulong)hook.Hits, Sent = (ulong)hook.Sent, RateLimited = (ulong)hook.Limited,
            LostRing = (ulong)hook.LostRing, LostSlot = (ulong)hook.LostSlot, LostProcess = (ulong)hook.LostProcess, LostCall = (ulong)hook.LostCall, Missed = (ulong)hook.Missed,
        }));
        response.Programs.AddRange(engine.Programs.Where(p => p.Runs > 0 && (request.Names.Count == 0 || hooks.Contains(p.Hook))).Select(program => new ProgramRunTime
        {
            Program = program.Hook, Runs = (ulong)program.Runs, RunTime = Duration.FromTimeSpan(program.RunTime), Missed = (ulong)program.Missed,
        }));
        return response;
    }

    public async Task<GetDebugDumpResponse> GetDebugDump()
    {
        var response = new GetDebugDumpResponse();
        response.Files.AddRange(await DebugDump.Collect(control, messages));
        response.Files.Add(new DumpFile { Name = "statistics.json", Content = DebugDump.Json(await GetPolicyStatistics(new GetPolicyStatisticsRequest())) });
        response.Files.Add(new DumpFile { Name = "processes.json", Content = DebugDump.Json(await GetTree(new GetTreeRequest { WithEnded = true })) });
        return response;
    }

    /// <summary>A process with what it descends from and what descends from it, or all.</summary>
    static List<ProcessInfo> Choose(ProcessTree tree, GetTreeRequest request)
    {
        var chosen = new HashSet<ProcessInfo>();
        ProcessInfo? root = null;
        if (request.Pid != 0)
        {
            root = tree.FindNewest(request.Pid) ?? throw new RpcException(new Status(StatusCode.NotFound, $"no process of pid {request.Pid} is known"));
            chosen.Add(root);
            foreach (var ancestor in root.Ancestors) chosen.Add(ancestor);
        }
        foreach (var process in tree.Processes)
        {
            if ((process.EndTime != 0 && !request.WithEnded) || (root is not null && process != root && !DescendsFrom(process, root))) continue;
            chosen.Add(process);
            // What has ended and has running descendants holds the tree together.
            foreach (var ancestor in process.Ancestors) chosen.Add(ancestor);
        }
        return [.. chosen];
    }

    static bool DescendsFrom(ProcessInfo process, ProcessInfo root)
    {
        foreach (var ancestor in process.Ancestors)
        {
            if (ancestor == root) return true;
        }
        return false;
    }

    static TreeProcess Describe(ProcessInfo process, ProcessMessages printer, ProcessQuestions? questions)
    {
        var described = new TreeProcess
        {
            Process = printer.Of(process), HasEnded = process.EndTime != 0, ContainerName = process.Container?.Name ?? "", UnknownBecause = process.UnknownBecause ?? "",
        };
        if (questions is null) return described;
        described.Policies.AddRange(questions.PoliciesOf(process).Select(aim => new ProcessPolicy { Name = aim.Policy.Name, Namespace = aim.Policy.Namespace, IsCertain = aim.IsCertain }));
        if (questions.Questions.Count == 0 || described.HasEnded || questions.AnswersOf(process) is not { } answers) return described;
        described.HasAtoms = true;
        described.Atoms.AddRange(answers.Select(a => new ProcessAtom { Question = a.Question.Text, Holds = a.Holds, HoldsForParent = a.HoldsForParent, HoldsForAncestor = a.HoldsForAncestor }));
        return described;
    }

    static Tetragon.Api.PolicyStatistics Statistics(PolicyStatus policy)
    {
        var statistics = new Tetragon.Api.PolicyStatistics
        {
            Name = policy.Stored.Policy.Name, Namespace = policy.Stored.Policy.Namespace, Domain = policy.Stored.Domain,
            State = SensorsService.StateOf(policy), Mode = SensorsService.ModeOf(policy),
        };
        if (policy.Loaded is not { } loaded) return statistics;
        (statistics.Events, statistics.KernelMemoryBytes) = ((ulong)loaded.Events, (ulong)loaded.KernelBytes);
        foreach (var rule in loaded.Rules)
        {
            statistics.Rules.Add(new PolicyRuleStatistics
            {
                Hook = rule.Hook, HookIndex = (uint)rule.Request, RuleIndex = (uint)rule.Rule,
                Label = policy.Stored.Policy.Hooks[rule.Request].Rules is { } rules && rule.Rule < rules.Count ? rules[rule.Rule].Label : "",
                Matched = (ulong)rule.Matched, Sent = (ulong)rule.Posted, Filtered = (ulong)rule.Dropped, RateLimited = (ulong)rule.Limited, NotPosted = (ulong)rule.NotPosted,
                Signalled = (ulong)rule.Signalled, WouldSignal = (ulong)rule.WouldSignal, Overridden = (ulong)rule.Overridden, WouldOverride = (ulong)rule.WouldOverride,
            });
        }
        return statistics;
    }
}
