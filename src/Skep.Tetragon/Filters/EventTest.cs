using Skep.Engine.Containers;
using Skep.Engine.Processes;
using Skep.Engine.Rules;
using Skep.Tetragon.Api;
using Skep.Tetragon.Cel;
using Skep.Tetragon.Export;

namespace Skep.Tetragon.Filters;

/// <summary>One field of a filter, ready to be decided.</summary>
abstract class EventTest
{
    public abstract bool Holds(in ExportedEvent exported);

    public sealed class EventSet(EventType[] types) : EventTest
    {
        public override bool Holds(in ExportedEvent exported) => types.AsSpan().Contains(exported.Type);
    }

    public sealed class Pid(uint[] pids) : EventTest
    {
        public override bool Holds(in ExportedEvent exported) => exported.Pid != 0 && pids.AsSpan().Contains(exported.Pid);
    }

    public sealed class PidSet(uint[] pids) : EventTest
    {
        public override bool Holds(in ExportedEvent exported)
        {
            if (exported.Pid != 0 && pids.AsSpan().Contains(exported.Pid)) return true;
            if (exported.Process is not { } process) return false;
            foreach (var ancestor in process.Ancestors)
            {
                if (pids.AsSpan().Contains(ancestor.Id.Pid)) return true;
            }
            // The tree may have forgotten the parent itself, but not who it was.
            return process.Parent is null && process.ParentId.Pid != 0 && pids.AsSpan().Contains(process.ParentId.Pid);
        }
    }

    public sealed class Policies(HashSet<string> names) : EventTest
    {
        public override bool Holds(in ExportedEvent exported) => exported.PolicyName is { Length: > 0 } name && names.Contains(name);
    }

    public sealed class InInitTree(bool value) : EventTest
    {
        public override bool Holds(in ExportedEvent exported) => exported.Pid != 0 && ((exported.Process?.Flags ?? ProcessFlags.None) & ProcessFlags.InInitTree) != 0 == value;
    }

    public sealed class HealthCheck(bool value) : EventTest
    {
        // A text cannot hold these bytes: its quotes are escaped.
        public override bool Holds(in ExportedEvent exported) => exported.Line.IndexOf("\"maybe_exec_probe\":true"u8) >= 0 == value;
    }

    public sealed class Capabilities(CapabilityKind set, CapabilityMatch match, ulong mask) : EventTest
    {
        public override bool Holds(in ExportedEvent exported)
        {
            if (exported.Process is not { } process) return false;
            var held = set switch
            {
                CapabilityKind.Permitted => process.Credentials.Permitted,
                CapabilityKind.Effective => process.Credentials.Effective,
                _ => process.Credentials.Inheritable,
            };
            return match switch
            {
                CapabilityMatch.Any => (held & mask) != 0,
                CapabilityMatch.All => (held & mask) == mask,
                CapabilityMatch.Exactly => held == mask,
                _ => (held & mask) == 0,
            };
        }
    }

    public enum CapabilityMatch
    {
        Any,
        All,
        Exactly,
        None,
    }

    /// <summary>The empty name is that of processes outside of pods.</summary>
    public sealed class Namespaces(HashSet<string> names, EventView view) : EventTest
    {
        public override bool Holds(in ExportedEvent exported) => exported.Pid != 0 && names.Contains(view.PodOf(exported.Process)?.Namespace ?? "");
    }

    /// <summary>A text of the pod.</summary>
    public sealed class PodText(PatternList patterns, EventView view, Func<PodInfo, ProcessInfo, string> textOf) : EventTest
    {
        public override bool Holds(in ExportedEvent exported) => view.PodOf(exported.Process) is { } pod && patterns.MatchesAny(textOf(pod, exported.Process!));
    }

    public sealed class Labels(LabelSelector[] selectors, EventView view) : EventTest
    {
        public override bool Holds(in ExportedEvent exported)
        {
            if (view.PodOf(exported.Process) is not { HasLabels: true } pod) return false;
            foreach (var selector in selectors)
            {
                if (selector.Matches(pod.Labels)) return true;
            }
            return false;
        }
    }

    public sealed class ContainerId(PatternList patterns) : EventTest
    {
        const int DockerIdLength = 31;

        public override bool Holds(in ExportedEvent exported)
        {
            if (exported.Pid == 0) return false;
            var id = exported.Process?.Container?.Id ?? "";
            return patterns.MatchesAny(id.AsSpan(0, Math.Min(id.Length, DockerIdLength))) || (id.Length > DockerIdLength && patterns.MatchesAny(id));
        }
    }

    public sealed class Binary(PatternList patterns, EventView view) : EventTest
    {
        public override bool Holds(in ExportedEvent exported) => exported.Pid != 0 && patterns.MatchesAny(exported.Process is { } process ? view.Text(process.Executable.Span) : default);
    }

    public sealed class Arguments(PatternList patterns, EventView view) : EventTest
    {
        public override bool Holds(in ExportedEvent exported) => exported.Pid != 0 && patterns.MatchesAny(exported.Process is { } process ? view.Arguments(process) : default);
    }

    public sealed class ParentBinary(PatternList patterns, EventView view) : EventTest
    {
        public override bool Holds(in ExportedEvent exported) => exported.Process?.Parent is { } parent && patterns.MatchesAny(view.Text(parent.Executable.Span));
    }

    public sealed class ParentArguments(PatternList patterns, EventView view) : EventTest
    {
        public override bool Holds(in ExportedEvent exported) => exported.Process?.Parent is { } parent && patterns.MatchesAny(view.Arguments(parent));
    }

    /// <summary>As everywhere in the API, the parent is not among the ancestors.</summary>
    public sealed class AncestorBinary(PatternList patterns, EventView view) : EventTest
    {
        public override bool Holds(in ExportedEvent exported)
        {
            if (exported.Process?.Parent is not { } parent) return false;
            foreach (var ancestor in parent.Ancestors)
            {
                if (patterns.MatchesAny(view.Text(ancestor.Executable.Span))) return true;
            }
            return false;
        }
    }

    public sealed class Expressions(CelProgram[] programs, EventView view) : EventTest
    {
        public override bool Holds(in ExportedEvent exported)
        {
            var message = view.Message(exported);
            foreach (var program in programs)
            {
                switch (program.Evaluate(message))
                {
                    case null: view.EvaluationErrors++; break;
                    case true: return true;
                }
            }
            return false;
        }
    }
}
