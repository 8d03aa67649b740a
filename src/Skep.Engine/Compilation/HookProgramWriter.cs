using Skep.Bpf;
using Skep.Bpf.Building;
using Skep.Bpf.Instructions;
using Skep.Engine.Hooks;
using Skep.Engine.Rules;
using Condition = Skep.Engine.Rules.Condition;

namespace Skep.Engine.Compilation;

/// <summary>
/// Writes one hook's program for all policies. It ends early where no policy asks about such a process. Else it claims a slot, tests the rules
/// of each policy in order, acts, and sends one record for all that matched.
/// </summary>
sealed class HookProgramWriter(ObjectBuilder builder, KernelLayout layout, HookPlan plan, ArgumentAccess access, ValueWriter values, ConditionWriter conditions, ProcessAtoms atoms, Btf kernel, PatternLimits limits)
{
    const uint Post = 1, Signalled = 2, Overridden = 4, Monitored = 8, KernelStack = 16, UserStack = 32, Written = 64;
    const long UserStackFlag = 1 << 8;
    const int HitsOffset = 0;

    readonly Dictionary<string, string> _captureSets = [];

    public void Write()
    {
        values.Write();
        WriteCaptureSets();
        access.WriteCompanion(builder);
        builder.AddProgram(plan.Hook.Section, plan.ProgramName, code =>
        {
            var end = code.NewLabel();
            var result = code.Let(0);
            if (plan.Hook.Target is SyscallSetHook) SyscallFilter.Write(builder, code, plan, access, kernel, end);
            access.Begin(code, end);
            WriteBody(code, result, end);
            code.Bind(end);
            code.Return(result);
        });
    }

    void WriteBody(CodeBuilder code, Value result, Label end)
    {
        var key = code.Stack(4, zero: false);
        code.Store(ScalarType.U32, key, 0, plan.Number);
        using var counted = code.Lookup("counters", key, out var counters);
        // Another task's run of this program may come in between on the same CPU.
        code.AtomicAdd(ScalarType.U64, counters, HitsOffset, 1);

        var process = code.Let(code.Call("process_known", []).To(ScalarType.Pointer));
        WriteProcessFilter(code, process, end);
        var slot = code.Call("slot_acquire", []).To(ScalarType.Pointer);
        using (code.If(slot == 0))
        {
            code.AtomicAdd(ScalarType.U64, counters, layout.Offset("hook_counters", "lost_slot"), 1);
            code.Goto(end);
        }
        var release = code.NewLabel();
        using (code.If(process == 0))
        {
            code.Assign(process, code.Call("process_current", [slot]).To(ScalarType.Pointer));
            using (code.If(process == 0))
            {
                code.AtomicAdd(ScalarType.U64, counters, layout.Offset("hook_counters", "lost_process"), 1);
                code.Goto(release);
            }
        }
        values.StoreRaw(code, slot);
        code.Store(ScalarType.U32, slot, layout.RecordLength, layout.Table - layout.Body + plan.TableSize * 8, "length");
        code.Store(ScalarType.U32, slot, layout.Captured, 0, "captured");
        code.Store(ScalarType.U16, slot, layout.ArgumentCount, plan.TableSize, "arguments");
        foreach (var family in plan.Families)
        {
            var next = code.NewLabel();
            conditions.JumpUnless(code, slot, process, family.Members[0].Values, family.Union, next);
            WriteMatch(code, slot, process, counters, code.Let((int)PolicyMode.Enforce), result, family.Members[0], 0, family.Members[0].RuleAt(0));
            code.Bind(next);
        }
        foreach (var request in plan.SingleRequests) WriteRequest(code, key, slot, process, counters, result, request);

        code.GotoIf(code.Load(ScalarType.U32, slot, layout.SlotMatchCount, "matches") == 0, release);
        Send(code, slot, process, counters);
        code.Bind(release);
        code.Call("slot_release", [slot]);
    }

    /// <summary>When every rule asks for one of some processes, the others end here, for the price of a look into the process's record.</summary>
    void WriteProcessFilter(CodeBuilder code, Value process, Label end)
    {
        SortedDictionary<int, ulong>? own = [], ancestors = [];
        foreach (var family in plan.Families)
        {
            if (!AddRequired(family.Union, own, ancestors)) return;
        }
        foreach (var request in plan.SingleRequests)
        {
            for (var i = 0; i < request.RuleCount; i++)
            {
                if (!AddRequired(request.RuleAt(i).When, own, ancestors)) return;
            }
        }
        using var known = code.If(process != 0);
        var wanted = code.NewLabel();
        foreach (var (word, bits) in own) code.GotoIf((code.Load(ScalarType.U64, process, layout.Own + word * 8, "atoms") & (long)bits) != 0, wanted);
        foreach (var (word, bits) in ancestors) code.GotoIf((code.Load(ScalarType.U64, process, layout.Ancestors + word * 8, "ancestors' atoms") & (long)bits) != 0, wanted);
        code.Goto(end);
        code.Bind(wanted);
    }

    /// <summary>Adds the bits without one of which a condition cannot hold; false when there are none.</summary>
    bool AddRequired(Condition condition, SortedDictionary<int, ulong> own, SortedDictionary<int, ulong> ancestors)
    {
        switch (condition)
        {
            case ExecutableCondition { Relation: ProcessRelation.Self or ProcessRelation.SelfOrAncestor } executable when !limits.LeavesOut(executable.Patterns):
                Add(own, atoms.MaskOf(executable.Patterns));
                if (executable.Relation == ProcessRelation.SelfOrAncestor) Add(ancestors, atoms.MaskOf(executable.Patterns));
                return true;
            case PidCondition { WithDescendants: true } pids:
                Add(own, atoms.MaskOf(pids));
                Add(ancestors, atoms.MaskOf(pids));
                return true;
            case All all:
                return all.Parts.Any(part => AddRequired(part, own, ancestors));
            case Any { Parts.Count: > 0 } any:
                return any.Parts.All(part => AddRequired(part, own, ancestors));
            default:
                return false;
        }
    }

    static void Add(SortedDictionary<int, ulong> mask, SortedDictionary<int, ulong> more)
    {
        foreach (var (word, bits) in more) mask[word] = mask.GetValueOrDefault(word) | bits;
    }

    void WriteRequest(CodeBuilder code, StackBuffer key, Value slot, Value process, Value counters, Value result, PlannedRequest request)
    {
        var done = code.NewLabel();
        for (var i = 0; i < request.RuleCount; i++)
        {
            var rule = request.RuleAt(i);
            var next = code.NewLabel();
            conditions.JumpUnless(code, slot, process, request.Values, rule.When, next);
            if (plan.Hook.Phase == HookPhase.Return && rule.WhenReturned is { } returned) conditions.JumpUnless(code, slot, process, request.Values, returned, next);
            // Only now, because most rules do not match.
            code.Store(ScalarType.U32, key, 0, request.PolicyIndex);
            using (code.Lookup("policies", key, out var policy))
            {
                var mode = code.Let(code.Load(ScalarType.U32, policy, 0, "mode"));
                code.GotoIf(mode == (int)PolicyMode.Disabled, done);
                WriteMatch(code, slot, process, counters, mode, result, request, i, rule);
            }
            // A match that user space may drop does not keep the rules behind it from being asked.
            if (!limits.LeavesOut(rule)) code.Goto(done);
            code.Bind(next);
        }
        code.Bind(done);
    }

    void WriteMatch(CodeBuilder code, Value slot, Value process, Value counters, Value mode, Value result, PlannedRequest request, int index, Rule rule)
    {
        var done = code.Let(0);
        var isReturn = plan.Hook.Phase == HookPhase.Return;
        // What an event says when the function has returned replaces what it says before; what is done is done at either place.
        var actions = isReturn && rule.ReturnActions.Count > 0 ? rule.ReturnActions : rule.Actions;
        WriteActions(code, slot, process, mode, result, request, [.. request.Acts ? rule.Actions : [], .. isReturn ? rule.ReturnActions : []], done);
        if (!request.Posts || actions.Any(a => a is NoPostAction)) return;

        var post = actions.OfType<PostAction>().FirstOrDefault() ?? new PostAction();
        var skip = code.NewLabel();
        code.Call(_captureSets[SetKey(request)], [slot]);
        if (post.RateLimit is { } window)
        {
            var scope = post.Scope switch { RateLimitScope.Thread => 0, RateLimitScope.Process => 1, _ => 2 };
            using (code.If(code.Call("is_limited", [slot, (long)(plan.Number * 65536L + request.FirstRule + index), scope, (long)(window.TotalMilliseconds * 1_000_000)]) != 0))
            {
                code.AtomicAdd(ScalarType.U64, counters, layout.Offset("hook_counters", "limited"), 1);
                code.Goto(skip);
            }
        }
        var flags = Post;
        if (post.KernelStack)
        {
            code.Call("capture_stack", [code.Context, slot, plan.KernelStackIndex, 0]);
            flags |= KernelStack;
        }
        if (post.UserStack)
        {
            code.Call("capture_stack", [code.Context, slot, plan.UserStackIndex, UserStackFlag]);
            flags |= UserStack;
        }
        var match = code.Let(done | flags);
        if (plan.RuleCount > layout.MaxMatches)
        {
            using (code.If(code.Call("add_match", [slot, request.FirstRule + index, match]) != 0))
            {
                Send(code, slot, process, counters);
                code.Call("add_match", [slot, request.FirstRule + index, match]);
            }
        }
        else
        {
            code.Call("add_match", [slot, request.FirstRule + index, match]);
        }
        code.Bind(skip);
    }

    void WriteActions(CodeBuilder code, Value slot, Value process, Value mode, Value result, PlannedRequest request, IReadOnlyList<RuleAction> actions, Value done)
    {
        var enforcing = actions.Where(a => a is SignalAction or OverrideAction or SetArgumentAction).ToList();
        if (enforcing.Count > 0)
        {
            using (code.If(mode == (int)PolicyMode.Enforce))
            {
                foreach (var action in enforcing)
                {
                    switch (action)
                    {
                        case SignalAction signal:
                            code.Call(HelperFunction.SendSignal, [signal.Signal]);
                            code.Assign(done, done | Signalled);
                            break;
                        case SetArgumentAction set:
                            using (code.If(access.WriteArgument(code, set.Argument, set.Value) == 0)) code.Assign(done, done | Written);
                            break;
                        case OverrideAction error:
                            // The first error stands: a later policy does not soften it.
                            using (code.If(result == 0)) code.Assign(result, error.Error);
                            code.Assign(done, done | Overridden);
                            break;
                    }
                }
            }
            using (code.Else()) code.Assign(done, Monitored);
        }
        foreach (var track in actions.OfType<TrackSocketAction>())
        {
            if (request.Values[track.Value] < 0) continue;
            code.Call(ValueWriter.FunctionName(plan.Number, request.Values[track.Value]), [slot]);
            code.Call("track_socket", [slot, process, request.Values[track.Value], track.Track ? 1 : 0]);
        }
    }

    void Send(CodeBuilder code, Value slot, Value process, Value counters)
    {
        using (code.If(code.Call("complete_hook", [slot, process, plan.Number]) == 0))
        {
            code.AtomicAdd(ScalarType.U64, counters, layout.Offset("hook_counters", "sent"), 1);
        }
        using (code.Else()) code.AtomicAdd(ScalarType.U64, counters, layout.Offset("hook_counters", "lost_ring"), 1);
    }

    /// <summary>One function for each distinct set of values that events carry.</summary>
    void WriteCaptureSets()
    {
        foreach (var request in plan.Requests.Where(r => r.Posts))
        {
            var key = SetKey(request);
            if (_captureSets.ContainsKey(key)) continue;
            var name = $"capture_{plan.Number}_{_captureSets.Count}";
            _captureSets.Add(key, name);
            builder.AddFunction(name, ["slot"], code =>
            {
                var slot = code.Parameter(0).To(ScalarType.Pointer);
                foreach (var value in request.Values.Append(plan.CallIndex).Where(v => v >= 0).Distinct()) code.Call(ValueWriter.FunctionName(plan.Number, value), [slot]);
                code.Return(0);
            });
        }
    }

    static string SetKey(PlannedRequest request) => string.Join(',', request.Values.Where(v => v >= 0).Distinct().Order());
}
