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
        program.OnSyscall("probe", Native.QuietCall, 1, scope =>
        {
            var code = scope.Code;
            var (isReturn, function, stack, argument) = (scope.SyscallArgument(0), scope.SyscallArgument(1), scope.SyscallArgument(2), scope.SyscallArgument(3));
            var arguments = code.Stack(64);
            var answer = code.Let(NotKnown);
            using (code.If(isReturn == 0))
            {
                for (var i = 0; i < 8; i++) code.Store(ScalarType.U64, arguments.Address, i * 8, argument + i);
                code.Call("call_begins", [function, stack, arguments, 1]);
            }
            using (code.Else())
            {
                using (code.If(code.Call("call_returns", [function, stack, arguments]).To(ScalarType.S32) == 0))
                {
                    // The last one tells that all are there.
                    code.Assign(answer, code.Load(ScalarType.U64, arguments, 56) - 7);
                }
            }
            scope.Number(0, answer);
        });
        using var kernel = new KernelSide(program.Build());
        kernel.Attach("probe");
        var calls = new Calls(kernel);
        make(calls);
        return (calls.Results, kernel.Counter(1, LostCall));
    }

    sealed class Calls(KernelSide kernel)
    {
        public List<int> Results { get; } = [];

        public void Begin(long function, long stack, long argument) => Step(0, function, stack, argument);

        public void Return(long function, long stack) => Results.Add(Step(1, function, stack, 0));

        int Step(long isReturn, long function, long stack, long argument)
        {
            var before = kernel.Records.Count;
            Native.SystemCall(Native.QuietCall, isReturn, function, stack, argument);
            kernel.Until(() => kernel.Records.Count > before);
            return (int)(long)CapturedArgument.Of(kernel.Records[^1])[0]!.Number;
        }
    }
}
