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
    /// <summary><c>enum rule_outcome</c> of <c>bpf/engine.h</c>.</summary>
    const uint RulePosted = 1, RuleSignalled = 2, RuleOverridden = 4, RuleWouldSignal = 8, RuleWouldOverride = 16, RuleLimited = 32, RuleNotPosted = 64, RuleNotified = 128, RuleWouldNotify = 256;

    const long UserStackFlag = 1 << 8;
    const int HitsOffset = 0;
    /// <summary><c>MAX_ERRNO</c> of the kernel's <c>err.h</c>.</summary>
    const int MaxError = 4095;

    const uint DigestFollows = 1u << 31;

    readonly Dictionary<string, string> _captureSets = [];
    /// <summary>Whether some rule wants the file's digest.</summary>
    Value _wantsDigest;

    public void Write()
    {
        values.Write();
        WriteCaptureSets();
        if (plan.Hook.Mechanism == HookMechanism.Sensor)
        {
            WriteDecision();
            return;
        }
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

    /// <summary>What the process sensor asks; it has the slot and the process's record. Returns whether there is an event, which was then sent.</summary>
    void WriteDecision()
    {
        string[] parameters = plan.Hook.Target is ExecutionHook ? ["slot", "process", "program", "flags"] : ["slot", "process", "status", "code", "signal"];
        builder.AddFunction(plan.ProgramName, parameters, code =>
        {
            var end = code.NewLabel();
            var isEvent = code.Let(0);
            var slot = code.Parameter(0).To(ScalarType.Pointer);
            var process = code.Parameter(1).To(ScalarType.Pointer);
            var key = code.Stack(4, zero: false);
            using (CountHit(code, key, out var counters))
            {
                WriteProcessFilter(code, process, end);
                WriteRules(code, key, slot, process, counters, code.Let(0), end);
                code.Assign(isEvent, 1);
            }
            code.Bind(end);
            code.Return(isEvent);
        }, Linkage.Global, hidden: true);
    }

    Block CountHit(CodeBuilder code, StackBuffer key, out Value counters)
    {
        code.Store(ScalarType.U32, key, 0, plan.Number);
        var counted = code.Lookup("counters", key, out counters);
        // Another task's run of this program may come in between on the same CPU.
        code.AtomicAdd(ScalarType.U64, counters, HitsOffset, 1);
        return counted;
    }

    void WriteBody(CodeBuilder code, Value result, Label end)
    {
        var key = code.Stack(4, zero: false);
        using var counted = CountHit(code, key, out var counters);
        WriteEnforcers(code, result);
        if (plan.RuleCount == 0) return;
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
        WriteRules(code, key, slot, process, counters, result, release);
        code.Bind(release);
        code.Call("slot_release", [slot]);
    }

    /// <summary>Does what other hooks of the same policies decided about this thread. Notices are left by policies that enforce, and by those alone.</summary>
    void WriteEnforcers(CodeBuilder code, Value result)
    {
        foreach (var enforcer in plan.Enforcers)
        {
            var notice = code.Let(code.Call("notice_take", [code.Constant(enforcer.NoticeName)]));
            using var left = code.If(notice != 0);
            var signal = code.Let(notice >> 32);
            using (code.If(signal != 0)) code.Call(HelperFunction.SendSignal, [signal]);
            if (enforcer.Request.EnforcesErrors)
            {
                // So that the verifier sees that it is an error, which some hooks insist on.
                using (code.If(result == 0)) code.Assign(result, 0 - (-notice & MaxError));
            }
        }
    }

    /// <summary>Tests the rules, acts, and sends the event; goes to <paramref name="none"/> where there is none.</summary>
    void WriteRules(CodeBuilder code, StackBuffer key, Value slot, Value process, Value counters, Value result, Label none)
    {
        values.StoreRaw(code, slot);
        code.Store(ScalarType.U32, slot, layout.RecordLength, layout.Table - layout.Body + plan.TableSize * 8, "length");
        code.Store(ScalarType.U32, slot, layout.Captured, 0, "captured");
        code.Store(ScalarType.U16, slot, layout.ArgumentCount, plan.TableSize, "arguments");
        if (plan.AddsDigests) _wantsDigest = code.Let(0);
        foreach (var family in plan.Families)
        {
            var next = code.NewLabel();
            conditions.JumpUnless(code, slot, process, family.Members[0].Values, family.Union, next);
            WriteMatch(code, slot, process, counters, code.Let((int)PolicyMode.Enforce), result, family.Members[0], 0, family.Members[0].RuleAt(0));
            code.Bind(next);
        }
        foreach (var request in plan.SingleRequests) WriteRequest(code, key, slot, process, counters, result, request);

        code.GotoIf(code.Load(ScalarType.U32, slot, layout.SlotMatchCount, "matches") == 0, none);
        if (plan.AddsDigests)
        {
            using (code.If(_wantsDigest != 0))
            {
                code.Store(ScalarType.U32, slot, layout.Captured, code.Load(ScalarType.U32, slot, layout.Captured, "captured") | code.Constant(DigestFollows), "captured");
            }
        }
        Send(code, slot, process, counters);
        if (!plan.AddsDigests) return;
        using (code.If(_wantsDigest != 0))
        {
            var time = code.Load(ScalarType.U64, slot, layout.Body + layout.Offset("record", "time"), "time");
            code.Assign(result, code.Call("digest_want", [time, access.Load(code, 0).To(ScalarType.U64), plan.Number, result]).To(ScalarType.S32));
        }
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
            conditions.JumpUnless(code, slot, process, request.Values, rule.When, next, request.IsExact);
            if (plan.Hook.Phase == HookPhase.Return && rule.WhenReturned is { } returned) conditions.JumpUnless(code, slot, process, request.Values, returned, next, request.IsExact);
            // Only now, because most rules do not match.
            code.Store(ScalarType.U32, key, 0, request.PolicyIndex);
            using (code.Lookup("policies", key, out var policy))
            {
                var mode = code.Let(code.Load(ScalarType.U32, policy, 0, "mode"));
                code.GotoIf(mode == (int)PolicyMode.Disabled, done);
                WriteMatch(code, slot, process, counters, mode, result, request, i, rule);
            }
            // A match that user space may drop does not keep the rules behind it from being asked.
            if (!limits.LeavesOut(rule) && (request.IsExact || request.Request.Rules.ElementAtOrDefault(i) is not { IsAboutWorkloads: true })) code.Goto(done);
            code.Bind(next);
        }
        code.Bind(done);
    }

    void WriteMatch(CodeBuilder code, Value slot, Value process, Value counters, Value mode, Value result, PlannedRequest request, int index, Rule rule)
    {
        var (done, outcomes) = (code.Let(0), code.Let(0));
        var isReturn = plan.Hook.Phase == HookPhase.Return;
        // What an event says when the function has returned replaces what it says before; what is done is done at either place.
        var actions = isReturn && rule.ReturnActions.Count > 0 ? rule.ReturnActions : rule.Actions;
        WriteActions(code, slot, process, counters, mode, result, request, [.. request.Acts ? rule.Actions : [], .. isReturn ? rule.ReturnActions : []], done, outcomes);
        if (!request.Posts || actions.Any(a => a is NoPostAction))
        {
            if (request.Posts) code.Assign(outcomes, outcomes | RuleNotPosted);
            WriteCount(code, request, index, outcomes);
            return;
        }

        var post = actions.OfType<PostAction>().FirstOrDefault() ?? new PostAction();
        var skip = code.NewLabel();
        code.Call(_captureSets[SetKey(request)], [slot]);
        if (post.RateLimit is { } window)
        {
            var scope = post.Scope switch { RateLimitScope.Thread => 0, RateLimitScope.Process => 1, _ => 2 };
            using (code.If(code.Call("is_limited", [slot, code.Constant(request.NameOf(plan.Hook.Section, index).Hash), scope, (long)(window.TotalMilliseconds * 1_000_000), ValuesOf(request)]) != 0))
            {
                code.AtomicAdd(ScalarType.U64, counters, layout.Offset("hook_counters", "limited"), 1);
                code.Assign(outcomes, outcomes | RuleLimited);
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
        if (post.FileDigest) code.Assign(_wantsDigest, 1);
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
        code.Assign(outcomes, outcomes | RulePosted);
        code.Bind(skip);
        WriteCount(code, request, index, outcomes);
    }

    static void WriteCount(CodeBuilder code, PlannedRequest request, int index, Value outcomes)
    {
        if (request.FirstCounter >= 0) code.Call("count_rule", [request.FirstCounter + index, outcomes]);
    }

    /// <summary>A bit for each value of a request that is an object, and 16 bits up for each that is a number.</summary>
    long ValuesOf(PlannedRequest request) => request.Values.Where(v => v >= 0).Aggregate(0L, (bits, v) => bits | 1L << v + (Captures.FunctionOf(plan.Values[v].Kind) is null ? 16 : 0));

    void WriteActions(CodeBuilder code, Value slot, Value process, Value counters, Value mode, Value result, PlannedRequest request, IReadOnlyList<RuleAction> actions, Value done, Value outcomes)
    {
        var enforcing = actions.Where(a => a is SignalAction or OverrideAction or SetArgumentAction or NotifyAction).ToList();
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
                            code.Assign(outcomes, outcomes | RuleSignalled);
                            break;
                        case SetArgumentAction set:
                            using (code.If(access.WriteArgument(code, set.Argument, set.Value) == 0)) code.Assign(done, done | Written);
                            break;
                        case NotifyAction notify:
                            using (code.If(code.Call("notice_leave", [code.Constant(request.NoticeName), notify.Signal, notify.Error]).To(ScalarType.S32) == 0)) code.Assign(outcomes, outcomes | RuleNotified);
                            using (code.Else()) code.AtomicAdd(ScalarType.U64, counters, layout.Offset("hook_counters", "lost_process"), 1);
                            break;
                        case OverrideAction error:
                            // The first error stands: a later policy does not soften it.
                            using (code.If(result == 0)) code.Assign(result, error.Error);
                            code.Assign(done, done | Overridden);
                            code.Assign(outcomes, outcomes | RuleOverridden);
                            break;
                    }
                }
            }
            using (code.Else())
            {
                code.Assign(done, Monitored);
                code.Assign(outcomes, (enforcing.Any(a => a is SignalAction) ? RuleWouldSignal : 0) | (enforcing.Any(a => a is OverrideAction) ? RuleWouldOverride : 0) | (enforcing.Any(a => a is NotifyAction) ? RuleWouldNotify : 0));
            }
        }
        if (actions.Any(a => a is ForgetNotificationAction)) code.Call("notice_take", [code.Constant(request.NoticeName)]);
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
        foreach (var request in plan.Requests.Where(r => r.Posts && !r.Request.Enforces))
        {
            var key = SetKey(request);
            if (_captureSets.ContainsKey(key)) continue;
            var name = $"capture_{plan.Number}_{_captureSets.Count}";
            _captureSets.Add(key, name);
            builder.AddFunction(name, ["slot"], code =>
            {
                var slot = code.Parameter(0).To(ScalarType.Pointer);
                foreach (var value in request.Values.Append(plan.CallIndex).Append(plan.StatusIndex).Where(v => v >= 0).Distinct()) code.Call(ValueWriter.FunctionName(plan.Number, value), [slot]);
                code.Return(0);
            });
        }
    }

    static string SetKey(PlannedRequest request) => string.Join(',', request.Values.Where(v => v >= 0).Distinct().Order());
}
