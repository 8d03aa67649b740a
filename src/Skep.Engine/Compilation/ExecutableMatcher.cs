using Skep.Bpf.Building;
using Skep.Engine.Matching;

namespace Skep.Engine.Compilation;

/// <summary>Runs the matchers over an executable's path and sets the bits of the sets that it meets.</summary>
sealed class ExecutableMatcher(TextMatcherPlan plan, string name, Func<int, int> bitOf)
{
    /// <summary>Writes the code.</summary>
    public void SetBits(CodeBuilder code, Value process, int words, Value slot, Value offset, Value length)
    {
        for (var i = 0; i < plan.Matchers.Count; i++)
        {
            var matcher = plan.Matchers[i];
            var result = code.Let(code.Call($"{name}_{i}", [slot, offset, length]));
            foreach (var number in matcher.Numbers)
            {
                var bit = bitOf(number);
                var place = words + bit / 64 * 8;
                using (code.If(matcher.Test(code, result, number)))
                {
                    code.Store(ScalarType.U64, process, place, code.Load(ScalarType.U64, process, place, "atoms") | code.Constant(1UL << (bit % 64)), "atoms");
                }
            }
        }
    }
}
