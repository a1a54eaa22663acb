#ifndef REGISTRY_H
#define REGISTRY_H
typedef void (*handler)(int event);
void registry_add(handler h);
void registry_fire(int event);
int registry_count(void);
#endif
