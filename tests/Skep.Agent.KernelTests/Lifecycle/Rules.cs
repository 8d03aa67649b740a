using System.Text;
using Skep.Engine.Matching;
using Skep.Engine.Rules;

namespace Skep.Agent.KernelTests.Lifecycle;

/// <summary>Policies on getpgid(2), which nobody calls with numbers like these, or on getsid(2), which hardly anybody calls.</summary>
static class Rules
{
    public static Policy Calls(string name, int from, int to, params Condition[] conditions) => CallsOf("getpgid", name, from, to, conditions);

    public static Policy CallsOf(string call, string name, int from, int to, params Condition[] conditions) => new()
    {
        Name = name,
        Hooks =
        [
            new HookRequest
            {
                Target = new SyscallHook(call),
                Values = [new ValueSpec { Index = 0, Kind = ValueKind.Int32 }],
                Rules = [new Rule { When = new All([new ValueCondition(0, new NumberPredicate([new NumberRange(from, to)])), .. conditions]) }],
            },
        ],
    };

    public static Policy Opens(string name, string file, params Condition[] conditions) => new()
    {
        Name = name,
        Hooks =
        [
            new HookRequest
            {
                Target = new SyscallHook("openat"),
                Values = [new ValueSpec { Index = 1, Kind = ValueKind.Text }],
                Rules = [new Rule { When = new All([new ValueCondition(0, new TextPredicate([new TextPattern(TextOperator.Equal, Encoding.UTF8.GetBytes(file))])), .. conditions]) }],
            },
        ],
    };

    public static Condition Executable(string suffix) =>
        new ExecutableCondition([new TextPattern(TextOperator.Suffix, Encoding.UTF8.GetBytes(suffix))], ProcessRelation.SelfOrAncestor);
}
