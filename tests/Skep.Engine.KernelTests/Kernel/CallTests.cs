using Shouldly;
using Skep.Bpf.Building;
using Skep.Bpf.Instructions;
using Skep.Testing;

namespace Skep.Engine.KernelTests.Kernel;

/// <summary>What <c>bpf/call.h</c> remembers of calls in progress, with stack pointers of the test's own.</summary>
public class CallTests
{
    const long First = 0x1001, Second = 0x2001, Stack = 0x7777_0000_0000, OtherStack = 0x7777_0010_0000;
    const int MaxCalls = 24, LostCall = 6, NotKnown = -1;

    [KernelFact]
    public void Calls_in_each_other_return_with_their_own_arguments()
    {
        var (results, lost) = Run(calls =>
        {
            calls.Begin(First, Stack - 100, 1);
            calls.Begin(Second, Stack - 100, 2);
            calls.Begin(First, Stack - 200, 3);
            calls.Begin(First, OtherStack - 900, 4);
            calls.Return(First, OtherStack - 900);
            calls.Return(First, Stack - 200);
            calls.Return(First, Stack - 200);
            calls.Return(Second, Stack - 100);
            calls.Return(First, Stack - 100);
        });
        results.ShouldBe([4, 3, NotKnown, 2, 1]);
        lost.ShouldBe(0ul);
    }

    [KernelFact]
    public void Calls_whose_return_was_not_seen_are_counted_and_make_room()
    {
        var (results, lost) = Run(calls =>
        {
            calls.Begin(First, Stack - 100, 1);
            for (var i = 0; i < 5; i++) calls.Begin(First, Stack - 1000 - (i * 8), 10 + i);
            // Above them on the same stack: they must have ended. The first one is still there.
            calls.Begin(Second, Stack - 300, 2);
            calls.Begin(Second, Stack - 300, 3);
            calls.Return(First, Stack - 1000);
            calls.Return(Second, Stack - 300);
            calls.Return(First, Stack - 100);
        });
        results.ShouldBe([NotKnown, 3, 1]);
        lost.ShouldBe(6ul);
    }

    [KernelFact]
    public void Calls_beyond_those_that_a_thread_has_room_for_are_counted()
    {
        var (results, lost) = Run(calls =>
        {
            for (var i = 0; i <= MaxCalls; i++) calls.Begin(First, Stack - (8 * i), i);
            calls.Return(First, Stack - (8 * MaxCalls));
            for (var i = MaxCalls - 1; i >= 0; i--) calls.Return(First, Stack - (8 * i));
        });
        results.ShouldBe([NotKnown, .. Enumerable.Range(0, MaxCalls).Reverse()]);
        lost.ShouldBe(1ul);
    }

    static (List<int> Results, ulong Lost) Run(Action<Calls> make)
    {
        var program = new CaptureProgram();
        var calls = new Calls(program);
        make(calls);
        using var kernel = new KernelSide(program.Build());
        // One program for each step: many calls of functions with loops are too much for one.
        foreach (var name in calls.Programs)
        {
            using var link = kernel.Object.Programs[name].Attach();
            var before = kernel.Records.Count;
            Native.SystemCall(Native.QuietCall, 0);
            kernel.Until(() => kernel.Records.Count > before);
        }
        var answers = kernel.Records.Select(r => CapturedArgument.Of(r)).Where(a => a[1]!.Number != 0).Select(a => (int)(long)a[0]!.Number).ToList();
        return (answers, kernel.Counter(1, LostCall));
    }

    sealed class Calls(CaptureProgram program)
    {
        public List<string> Programs { get; } = [];

        public void Begin(long function, long stack, long argument) => Add((code, arguments) =>
        {
            for (var i = 0; i < 8; i++) code.Store(ScalarType.U64, arguments, i * 8, argument + i);
            code.Call("call_begins", [function, code.Constant((ulong)stack), arguments, 1]);
            return 0;
        }, isReturn: false);

        public void Return(long function, long stack) => Add((code, arguments) =>
        {
            var answer = code.Let(NotKnown);
            using (code.If(code.Call("call_returns", [function, code.Constant((ulong)stack), arguments]).To(ScalarType.S32) == 0))
            {
                // The last one tells that all are there.
                code.Assign(answer, code.Load(ScalarType.U64, arguments, 56) - 7);
            }
            return answer;
        }, isReturn: true);

        void Add(Func<CodeBuilder, Value, Value> step, bool isReturn)
        {
            var name = $"step_{Programs.Count}";
            Programs.Add(name);
            program.OnSyscall(name, Native.QuietCall, 2, scope =>
            {
                scope.Number(0, step(scope.Code, scope.Code.Stack(64)));
                scope.Number(1, isReturn ? 1 : 0);
            });
        }
    }
}
