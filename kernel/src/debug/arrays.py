"""Shows arrays of hpc in LLDB: the library itself is asked for a text."""

import lldb

MAX_TEXT = 4096
MICROSECONDS = 2_000_000


def summary(value, _internal):
    value = value.GetNonSyntheticValue()
    if value.GetType().IsPointerType() or value.GetType().IsReferenceType():
        address = value.GetValueAsUnsigned(0)
    else:
        address = value.GetLoadAddress()
    frame = value.GetFrame()
    if address in (0, lldb.LLDB_INVALID_ADDRESS) or not frame.IsValid():
        return None
    options = lldb.SBExpressionOptions()
    options.SetLanguage(lldb.eLanguageTypeC99)
    options.SetIgnoreBreakpoints(True)
    options.SetUnwindOnError(True)
    options.SetTimeoutInMicroSeconds(MICROSECONDS)
    options.SetSuppressPersistentResult(True)
    call = f"((char *(*)(void *))ferrolab_describe_array)((void *){address})"
    text = frame.EvaluateExpression(call, options)
    error = lldb.SBError()
    read = value.GetProcess().ReadCStringFromMemory(text.GetValueAsUnsigned(0), MAX_TEXT, error)
    return read if error.Success() else None


def __lldb_init_module(debugger, _internal):
    debugger.HandleCommand(
        f"type summary add --python-function {__name__}.summary --category Rust --regex "
        '"^(&(mut )?)?hpc::array::Array$"'
    )
    debugger.HandleCommand("type category enable Rust")
