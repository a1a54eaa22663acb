#ifndef HANDLERS_H
#define HANDLERS_H
void on_event(int event);
extern int last_count;
#endif
